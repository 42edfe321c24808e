# Manual pages: musterd.conf(5) comes from the table of settings, muster(1) from those of the commands.

PRINT_MAN := $(B)/tools/print_man
PRINT_CLI_MAN := $(B)/tools/print_cli_man

$(PRINT_MAN): $(B)/tools/print_man.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_SERVER)

$(B)/tools/print_cli_man.o: CFLAGS_ALL += -I.

$(PRINT_CLI_MAN): $(B)/tools/print_cli_man.o $(B)/libcli.a $(B)/libsys.a $(B)/libbase.a
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_CLI)

.PHONY: docs
docs: $(PRINT_MAN) $(PRINT_CLI_MAN)
	$(PRINT_MAN) > $(B)/musterd.conf.5
	mv $(B)/musterd.conf.5 man/musterd.conf.5
	$(PRINT_CLI_MAN) > $(B)/muster.1
	mv $(B)/muster.1 man/muster.1
