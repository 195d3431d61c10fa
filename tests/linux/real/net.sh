# needs: curl ssh-keygen python3
echo "--- curl"; echo content >f; curl -s "file://$PWD/f"; curl -s "file://$PWD/none"; echo $?; curl -s http://127.0.0.1:1/; echo $?
cat >srv.py <<'END'
import http.server, sys, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        b = ("you asked for " + self.path + "\n").encode() * 3
        self.send_response(200 if "good" in self.path else 404); self.send_header("Content-Length", str(len(b))); self.end_headers(); self.wfile.write(b)
    def do_POST(self):
        b = self.rfile.read(int(self.headers["Content-Length"]))[::-1]
        self.send_response(200); self.send_header("Content-Length", str(len(b))); self.end_headers(); self.wfile.write(b)
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H); open("port.new", "w").write(str(s.server_port)); os.rename("port.new", "port")
for i in range(3): s.handle_request()
END
/usr/bin/python3 srv.py & while [ ! -e port ]; do sleep 0.1; done; p=$(cat port)
curl -s http://127.0.0.1:$p/good; curl -s -o /dev/null -w '%{http_code} %{size_download}\n' http://127.0.0.1:$p/bad; curl -s -d 'post data' http://127.0.0.1:$p/; echo; wait; echo $?
echo "--- ssh-keygen"
for t in rsa ecdsa ed25519; do ssh-keygen -q -t $t -b 1024 -N '' -f k.$t 2>/dev/null || ssh-keygen -q -t $t -N '' -f k.$t; ssh-keygen -l -f k.$t | cut -d' ' -f1,3-; ssh-keygen -y -f k.$t | cut -d' ' -f1,2 | cmp - k.$t.pub >/dev/null; echo data >m; ssh-keygen -q -Y sign -f k.$t -n file m 2>/dev/null; echo "u $(cat k.$t.pub)" >allowed; ssh-keygen -Y verify -f allowed -I u -n file -s m.sig <m 2>&1 | cut -d' ' -f1-3; rm -f m.sig; done
