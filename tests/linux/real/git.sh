# needs: git
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000' GIT_CONFIG_NOSYSTEM=1
git config --global --add safe.directory '*'
echo "--- init and commit"
git init -q -b main r; cd r; seq 1 100 >a; mkdir d; echo x >d/f; git add .; git commit -q -m first; git log --stat; git rev-parse HEAD
sed -i '50s/.*/fifty/' a; git diff; git status --short; git commit -qam second; git log --oneline
echo "--- branches"
git checkout -q -b side HEAD~1; sed -i '10s/.*/ten/' a; git commit -qam 'side work'; git checkout -q main; git merge -q -m merged side; git log --graph --oneline; git show --stat HEAD; git blame a | sed -n '10p;50p'
git checkout -q -b clash HEAD~1; sed -i '50s/.*/50!/' a; git commit -qam clash; git merge main 2>&1; git merge --abort; git checkout -q main; git tag -a v1 -m tag; git describe; git rebase -q clash 2>&1 | head -1; git rebase --abort 2>&1; git stash list
for i in 1 2 3 4 5; do seq $i 200 >big; git add big; git commit -q -m "big $i"; done; git rev-parse HEAD; git cat-file -p HEAD^{tree}
echo "--- clone and gc"
git gc -q 2>&1; git count-objects -v | grep -E 'count|packs|in-pack'; git fsck 2>&1; cd ..; git clone -q r c 2>&1; cd c; git log --oneline | head -3; git pull -q; echo $?; echo new >n; git add n; git commit -q -m new; git push -q origin HEAD:refs/heads/pushed 2>&1; cd ../r; git log --oneline -1 pushed
git grep -n fifty; git ls-files -s; git archive --format=tar HEAD | tar -t; git bundle create -q ../b HEAD 2>&1; git bundle verify ../b >/dev/null 2>&1; echo $?; git format-patch -1 --stdout | head -12; git bisect start -q HEAD HEAD~4 2>&1; git bisect run sh -c 'test $(wc -l <big) -gt 197' 2>&1 | tail -3; git rm -q big; git reset -q --hard; git clean -fdx; git reflog | wc -l
