"""A web process that needs nothing but Python's standard library: it says which dyno answers."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"Hello from a script: dyno {os.environ.get('DYNO')}, release {os.environ.get('NOMAD_TASK_NAME')}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        print(format % args, flush=True)


server = ThreadingHTTPServer(("", int(os.environ["PORT"])), Page)
server.daemon_threads = False  # requests in progress are finished before the end


def stop(*_):
    print("told to stop", flush=True)
    threading.Thread(target=server.shutdown).start()


signal.signal(signal.SIGTERM, stop)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
server.server_close()
