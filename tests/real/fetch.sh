# To be read by the scripts here: gets source and binary packages of Debian's archive into out/real/.
# The machine's own package sources are asked; nothing is installed.

real=$(pwd)/out/real
mkdir -p "$real/parts" "$real/lists/partial" "$real/packages"

apt_sources() {
	for f in /etc/apt/sources.list.d/debian.sources; do
		[ -f "$f" ] && sed 's/^Types: deb$/Types: deb deb-src/' "$f" >"$real/parts/real.sources"
	done
	[ -f /etc/apt/sources.list ] && sed -n 's/^deb /deb-src /p; s/^deb /deb /p' /etc/apt/sources.list | grep debian >"$real/parts/real.list"
	apt_here update >/dev/null 2>&1
}

apt_here() {
	apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$real/parts" -o Dir::State::lists="$real/lists" "$@" </dev/null
}

# fetch_source PACKAGE DIR PATTERN...: those files of its upstream archive go to DIR.
fetch_source() {
	package=$1 to=$2
	shift 2
	[ -d "$to" ] && return 0
	{ ls "$real/packages/${package}_"*.orig.tar.* || { apt_sources && (cd "$real/packages" && apt_here source --download-only --only-source "$package"); }; } >/dev/null 2>&1 || return 1
	mkdir -p "$to" && tar -xf "$(ls "$real/packages/${package}_"*.orig.tar.* | head -1)" -C "$to" --strip-components=1 --wildcards "$@"
}

# fetch_files PACKAGE DIR: the files of a binary package go to DIR.
fetch_files() {
	[ -d "$2" ] && return 0
	{ ls "$real/packages/$1_"*.deb || { apt_sources && (cd "$real/packages" && apt_here download "$1"); }; } >/dev/null 2>&1 || return 1
	dpkg-deb -x "$(ls "$real/packages/$1_"*.deb | head -1)" "$2"
}
