# Manual pages: musterd.conf(5) comes from the table of settings.

PRINT_MAN := $(B)/tools/print_man

$(PRINT_MAN): $(B)/tools/print_man.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_SERVER)

.PHONY: docs
docs: $(PRINT_MAN)
	$(PRINT_MAN) > $(B)/musterd.conf.5
	mv $(B)/musterd.conf.5 man/musterd.conf.5
