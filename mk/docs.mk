# Pages that come from tables: musterd.conf(5) from that of the settings, muster(1) from those of the
# commands, docs/metrics.md, docs/logs.md and docs/access.md from those of metrics, events and actions,
# docs/openapi.json from the route tables and tools/openapi_list.c.

PRINT_MAN := $(B)/tools/print_man
PRINT_DOCS := $(B)/tools/print_docs
PRINT_OPENAPI := $(B)/tools/print_openapi
PRINT_CLI_MAN := $(B)/tools/print_cli_man

$(PRINT_MAN) $(PRINT_DOCS): %: %.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_SERVER)

$(B)/tools/print_openapi.o $(B)/tools/openapi_list.o: CFLAGS_ALL += -I.

$(PRINT_OPENAPI): $(B)/tools/print_openapi.o $(B)/tools/openapi_list.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_SERVER)

$(B)/tools/print_cli_man.o: CFLAGS_ALL += -I.

$(PRINT_CLI_MAN): $(B)/tools/print_cli_man.o $(CLI_ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_CLI)

.PHONY: docs
docs: $(PRINT_MAN) $(PRINT_CLI_MAN) $(PRINT_DOCS) $(PRINT_OPENAPI)
	$(PRINT_MAN) > $(B)/musterd.conf.5
	mv $(B)/musterd.conf.5 man/musterd.conf.5
	$(PRINT_CLI_MAN) > $(B)/muster.1
	mv $(B)/muster.1 man/muster.1
	$(PRINT_DOCS) metrics > $(B)/metrics.md
	mv $(B)/metrics.md docs/metrics.md
	$(PRINT_DOCS) logs > $(B)/logs.md
	mv $(B)/logs.md docs/logs.md
	$(PRINT_DOCS) access > $(B)/access.md
	mv $(B)/access.md docs/access.md
	$(PRINT_OPENAPI) > $(B)/openapi.json
	mv $(B)/openapi.json docs/openapi.json
