PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: demo install
demo: deps-demo
	@$(MAKE) --no-print-directory -j2 V=release all
	@tools/demo

install: all
	install -D -m 0755 $(BIN)/musterd $(DESTDIR)$(PREFIX)/sbin/musterd
	install -D -m 0755 $(BIN)/muster $(DESTDIR)$(PREFIX)/bin/muster
