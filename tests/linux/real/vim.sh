# needs: vim.basic
seq 1 20 | sed 's/^/line /' >f
echo "--- vim -es"; vim.basic -u NONE -es -c '%s/line \(\d\)$/row <\1>/' -c 'g/row/m0' -c '5,7d' -c 'normal Goappended' -c 'let @a = string(map(range(5), "v:val * v:val"))' -c 'put a' -c 'sort /.* /' -c 'wq' f; echo $?; cat f
echo "--- vim script"; vim.basic -u NONE -es -c 'redir! > o | echo sort([3,1,2]) | echo substitute("foo", "o", "0", "g") | echo printf("%.3f", sin(1.0)) | echo json_encode({"a": [1, 2]}) | echo strftime("%Y", 0) | redir END | q!'; cat o
