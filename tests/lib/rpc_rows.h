/*
 * rpc_rows.h - the words of which the evidence on RPC calls is made (protocol.md 2.15): requests of one
 * call with the id 1, as rows of struct mst_script, and what is answered to it.
 */
#ifndef MST_TESTS_RPC_ROWS_H
#define MST_TESTS_RPC_ROWS_H

#include "tests/lib/site.h"

#define RPC "/onep:v1/rpc/process"

/* How a request of the portal, the vendor, the device begins, and how each ends. */
#define AUTH "{\"auth\":{\"cik\":\"$Pcik\"},\"calls\":["
#define V    "{\"auth\":{\"cik\":\"$Vcik\"},\"calls\":["
#define DEV  "{\"auth\":{\"cik\":\"$cik\"},\"calls\":["
#define END  "]}"

#define CALL(procedure, arguments) \
    "{\"id\":1,\"procedure\":\"" procedure "\",\"arguments\":" arguments "}"
#define NOBODY "\"0000000000000000000000000000000000000000\""

#define OK1          "[{\"id\":1,\"status\":\"ok\"}]"
#define SAYS(status) "[{\"id\":1,\"status\":\"" status "\"}]"
#define GIVES(json)  "[{\"id\":1,\"status\":\"ok\",\"result\":" json "}]"
#define UNSUPPORTED(context)                                                                    \
    "[{\"id\":1,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\",\"context\":" \
    "\"" context "\"}}]"

/* One row: auth is AUTH, V or DEV. */
#define BY(auth, procedure, arguments, reply)                                    \
    {                                                                            \
        "POST", RPC, NULL, NULL, auth CALL(procedure, arguments) END, 200, reply \
    }

#endif
