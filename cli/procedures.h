/* procedures.h - the procedures of the RPC and their arguments (protocol.md 2.15.4), for help, messages and completion. */
#ifndef MST_CLI_PROCEDURES_H
#define MST_CLI_PROCEDURES_H

/* Those that a request over HTTP may call: X(name, arguments as they are typed in a shell). */
#define CLI_PROCEDURES(X)                                                        \
    X("activate", "CLIENT client|share CODE")                                    \
    X("create", "CLIENT client|dataport|datarule|dispatch|clone DESCRIPTION")    \
    X("deactivate", "CLIENT client|share CODE")                                  \
    X("drop", "RESOURCE")                                                        \
    X("flush", "RESOURCE ['{\"newerthan\":TIME,\"olderthan\":TIME}']")           \
    X("grant", "RESOURCE '{RID:[\"read\",...],...}' ['{\"ttl\":SECONDS}']")      \
    X("info", "RESOURCE ['[\"basic\",\"description\",...]']")                    \
    X("listing", "CLIENT '[\"client\",\"dataport\",...]' ['{\"owned\":true}']")  \
    X("lookup", "CLIENT aliased|owner ALIAS|RID, or: shared CODE")               \
    X("map", "alias RID ALIAS")                                                  \
    X("move", "RESOURCE CLIENT ['{\"aliases\":false}']")                         \
    X("read", "RESOURCE ['{\"limit\":1,\"sort\":\"desc\",\"starttime\":TIME}']") \
    X("record", "RESOURCE '[[TIME,VALUE],...]'")                                 \
    X("recordbatch", "RESOURCE '[[TIME,VALUE],...]'")                            \
    X("revoke", "client|share CODE")                                             \
    X("share", "RESOURCE ['{\"meta\":TEXT}']")                                   \
    X("tag", "RESOURCE add|remove TEXT")                                         \
    X("unmap", "CLIENT alias ALIAS")                                             \
    X("update", "RESOURCE DESCRIPTION")                                          \
    X("usage", "CLIENT dataport|share|http|... START END")                       \
    X("wait", "RESOURCE ['{\"timeout\":MILLISECONDS,\"since\":TIME}']")          \
    X("write", "RESOURCE VALUE")                                                 \
    X("writegroup", "'[[RESOURCE,VALUE],...]'")

#endif
