#!/usr/bin/env python3
"""A web server over TLS, or a mail server with STARTTLS, for tests (Receivers.pm).

secure_receiver.py https|smtp CERTIFICATE KEY FILE: says its port, writes what it gets into FILE, a line of
JSON each, until it is killed. In FILE stands also what the mail server is sent before STARTTLS.
"""
import json
import socket
import ssl
import sys
import threading

kind, certificate, key, path = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
lock = threading.Lock()


def note(what):
    with lock, open(path, "a") as out:
        out.write(json.dumps(what) + "\n")


def serve_https(peer):
    lines = context.wrap_socket(peer, server_side=True).makefile("rwb")
    method, target, _ = lines.readline().decode().split()
    headers = {}
    while (line := lines.readline().decode().strip()):
        name, value = line.split(": ", 1)
        headers[name.lower()] = value
    body = lines.read(int(headers.get("content-length", 0))).decode()
    note({"method": method, "path": target, "headers": headers, "body": body})
    lines.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    lines.flush()


def serve_smtp(peer):
    lines = peer.makefile("rwb")
    got = {"commands": [], "clear": []}

    def say(text):
        lines.write(text.encode() + b"\r\n")
        lines.flush()

    say("220 here")
    while (command := lines.readline().decode().rstrip("\r\n")):
        got["commands" if isinstance(peer, ssl.SSLSocket) else "clear"].append(command)
        if command.startswith("EHLO"):
            say("250-here\r\n250 " + ("AUTH PLAIN" if isinstance(peer, ssl.SSLSocket) else "STARTTLS"))
        elif command == "STARTTLS":
            say("220 go on")
            try:
                peer = context.wrap_socket(peer, server_side=True)
            finally:
                note({"clear": got["clear"]})
            lines = peer.makefile("rwb")
        elif command == "AUTH PLAIN":
            say("334 ")
        elif command == "DATA":
            say("354 go on")
            got["data"] = ""
            while (line := lines.readline().decode()) != ".\r\n":
                got["data"] += line
            note(got)
            say("250 taken")
        elif got["commands"][-2:-1] == ["AUTH PLAIN"]:
            say("235 yes")
        else:
            say("250 yes")


def serve(peer):
    try:
        (serve_https if kind == "https" else serve_smtp)(peer)
    except (OSError, ValueError):
        pass  # a peer that does not like our certificate
    finally:
        peer.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
