PREFIX ?= /usr/local
DESTDIR ?=
# Where Debian's zsh looks: below /usr and below /usr/local.
ZSH_COMPLETIONS := $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

.PHONY: demo install
demo: deps-demo
	@$(MAKE) --no-print-directory -j2 V=release all
	@tools/demo

install: all
	install -D -m 0755 $(BIN)/musterd $(DESTDIR)$(PREFIX)/sbin/musterd
	install -D -m 0755 $(BIN)/muster $(DESTDIR)$(PREFIX)/bin/muster
	for page in man/*.[1-8]; do \
		install -D -m 0644 $$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; \
	done
	install -D -m 0644 etc/musterd.conf $(DESTDIR)$(PREFIX)/share/muster/musterd.conf
	sed 's|/usr/local|$(PREFIX)|g' etc/musterd.service > $(B)/musterd.service
	install -D -m 0644 $(B)/musterd.service \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/musterd.service
	install -D -m 0644 etc/musterd.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/muster.conf
	for shell in bash zsh fish; do \
		$(BIN)/muster completion $$shell > $(B)/muster.$$shell || exit 1; \
	done
	install -D -m 0644 $(B)/muster.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/muster
	install -D -m 0644 $(B)/muster.zsh $(DESTDIR)$(PREFIX)/share/zsh/$(ZSH_COMPLETIONS)/_muster
	install -D -m 0644 $(B)/muster.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/muster.fish
