# One archive per room of src/, then the programs.

room_sources = $(filter-out %_test.c %/main.c,$(wildcard src/$(1)/*.c src/$(1)/*/*.c))
objects = $(patsubst %.c,$(B)/%.o,$(1))

define ROOM_RULES
$(B)/lib$(1).a: $(call objects,$(call room_sources,$(1)))
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call ROOM_RULES,$(room))))

# Highest room first: each may need those behind it.
ARCHIVES := $(B)/libserver.a $(B)/libfront.a $(B)/libsend.a $(B)/libstore.a $(B)/libcore.a $(B)/libwire.a \
	$(B)/libnet.a $(B)/libsys.a $(B)/libbase.a

CLI_ARCHIVES := $(B)/libcli.a $(B)/libwire.a $(B)/libsys.a $(B)/libbase.a
CLI_SOURCES := $(filter-out %_test.c %/main.c,$(wildcard cli/*.c))

$(B)/cli/%.o: CFLAGS_ALL += -I.

$(B)/libcli.a: $(call objects,$(CLI_SOURCES))
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo 'CC $(V) $<'
	@$(CC) $(CFLAGS_ALL) -c $< -o $@

$(BIN)/musterd: $(B)/src/server/main.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_SERVER)

$(BIN)/muster: $(B)/cli/main.o $(CLI_ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_CLI)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
