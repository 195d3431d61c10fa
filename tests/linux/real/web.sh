# needs: curl
# seconds: 400
# nginx with two worker processes, asked by curl.
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || { echo "no nginx"; exit; }
p=$((22000 + $$ % 10000)) u=http://127.0.0.1:$p
mkdir -p www logs t; chmod 755 .. . www; seq 100000 >www/big; echo "<h1>hello</h1>" >www/index.html; touch -d '2020-01-01 UTC' www/*
cat >nginx.conf <<END
worker_processes 2; pid $PWD/nginx.pid; error_log $PWD/logs/error.log; user root;
events { worker_connections 100; }
http {
	access_log $PWD/logs/access.log; default_type text/plain; gzip on; gzip_min_length 100; gzip_types text/plain; sendfile on;
	client_body_temp_path $PWD/t/b; proxy_temp_path $PWD/t/p; fastcgi_temp_path $PWD/t/f; uwsgi_temp_path $PWD/t/u; scgi_temp_path $PWD/t/s;
	server { listen 127.0.0.1:$p; root $PWD/www;
		location /proxy/ { proxy_pass $u/; }
		location /old { return 301 /index.html; }
		location /secret { deny all; }
		location /list/ { autoindex on; alias $PWD/www/; }
	}
}
END
echo "--- start"; nginx -p "$PWD" -c nginx.conf -t 2>&1 | grep -c successful; nginx -p "$PWD" -c nginx.conf; echo $?
for i in $(seq 50); do curl -s -o /dev/null $u/ && break; sleep 0.1; done
echo "--- pages"; curl -s $u/; curl -s $u/big | md5sum; curl -sI $u/big | tr -d '\r' | grep -E '^(HTTP|Content|Last|ETag|Accept)'
for f in none old secret; do curl -s -o /dev/null -w '%{http_code} %{redirect_url}\n' $u/$f | sed "s/:$p//"; done; curl -s -L -o /dev/null -w '%{http_code}\n' $u/old
echo "--- parts and encodings"; curl -s -r 100-199 $u/big | md5sum; curl -s -r -50 $u/big; curl -s --compressed $u/big | md5sum; curl -s -H 'Accept-Encoding: gzip' $u/big | gunzip | md5sum; curl -s -z 2021-01-01 -o /dev/null -w '%{http_code}\n' $u/big
echo "--- proxy"; curl -s $u/proxy/big | md5sum; curl -s $u/proxy/
echo "--- many"; curls=
for i in 1 2 3 4 5 6 7 8; do (for k in 1 2 3 4 5; do curl -s "$u/big?$i$k" | md5sum; done) >out.$i & curls="$curls $!"; done; wait $curls; sort -u out.*
curl -s "$u/index.html?[1-40]" | sort -u; curl -s --http1.0 $u/; curl -s -T www/big -o /dev/null -w '%{http_code}\n' $u/up; curl -s $u/list/ | grep -o '<a href="[a-z.]*">'
echo "--- reload and stop"; old=$(cat nginx.pid); nginx -p "$PWD" -c nginx.conf -s reload 2>/dev/null; sleep 1; curl -s $u/; [ "$old" = "$(cat nginx.pid)" ] && echo same
nginx -p "$PWD" -c nginx.conf -s quit 2>/dev/null; for i in $(seq 100); do [ -e nginx.pid ] || break; sleep 0.1; done; ls nginx.pid 2>&1; curl -s $u/; echo $?
wc -l <logs/access.log; grep -E '\[(alert|emerg|crit)\]' logs/error.log
