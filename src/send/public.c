#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/span.h"
#include "send/public.h"

/* ---- IPv4 ---- */

#define NET(a, b, c, d, bits)                                                        \
    {                                                                                \
        (uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d), (bits) \
    }

static const struct {
    uint32_t net;
    unsigned bits;
} own_v4[] = {
    NET(0, 0, 0, 0, 8),      NET(10, 0, 0, 0, 8),     NET(100, 64, 0, 0, 10),
    NET(127, 0, 0, 0, 8),    NET(169, 254, 0, 0, 16), NET(172, 16, 0, 0, 12),
    NET(192, 0, 0, 0, 24),   NET(192, 0, 2, 0, 24),   NET(192, 88, 99, 0, 24),
    NET(192, 168, 0, 0, 16), NET(198, 18, 0, 0, 15),  NET(198, 51, 100, 0, 24),
    NET(203, 0, 113, 0, 24), NET(224, 0, 0, 0, 3), /* multicast, reserved, broadcast */
};

static bool is_public_v4(uint32_t addr)
{
    for (size_t i = 0; i < sizeof own_v4 / sizeof own_v4[0]; i++)
        if ((addr ^ own_v4[i].net) >> (32 - own_v4[i].bits) == 0)
            return false;
    return true;
}

/* ---- IPv6 ---- */

struct prefix {
    uint8_t bytes[16];
    unsigned bits;
};

static bool has_prefix(const uint8_t addr[16], const struct prefix *prefix)
{
    size_t n_bytes = prefix->bits / 8;
    unsigned rest = 8 - prefix->bits % 8;

    return memcmp(addr, prefix->bytes, n_bytes) == 0 &&
           (rest == 8 || (addr[n_bytes] ^ prefix->bytes[n_bytes]) >> rest == 0);
}

static const struct prefix global = {{0x20}, 3};

/* Parts of it that are not: of the IETF with Teredo, documentation. */
static const struct prefix own_v6[] = {
    {{0x20, 0x01},             23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x3f, 0xff},             20},
};

/* An IPv4 address stands in these: mapped, NAT64, 6to4. */
static const struct {
    struct prefix prefix;
    size_t at;
} embedding[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96}, 12},
    {{{0x00, 0x64, 0xff, 0x9b}, 96},   12},
    {{{0x20, 0x02}, 16},               2 },
};

static uint32_t v4_at(const uint8_t *bytes, size_t at)
{
    return (uint32_t)bytes[at] << 24 | (uint32_t)bytes[at + 1] << 16 |
           (uint32_t)bytes[at + 2] << 8 | bytes[at + 3];
}

static bool is_public_v6(const uint8_t addr[16])
{
    for (size_t i = 0; i < sizeof embedding / sizeof embedding[0]; i++)
        if (has_prefix(addr, &embedding[i].prefix))
            return is_public_v4(v4_at(addr, embedding[i].at));
    for (size_t i = 0; i < sizeof own_v6 / sizeof own_v6[0]; i++)
        if (has_prefix(addr, &own_v6[i]))
            return false;
    return has_prefix(addr, &global);
}

bool mst_public_is(const struct sockaddr *addr)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (addr->sa_family) {
    case AF_INET:
        memcpy(&v4, addr, sizeof v4);
        return is_public_v4(ntohl(v4.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&v6, addr, sizeof v6);
        return is_public_v6(v6.sin6_addr.s6_addr);
    default:
        return false;
    }
}

/* ---- this machine ---- */

/* A second address of a network is left from the first one: so it is asked whether this very one may be left from. The
   second question is for kernels that let anything be bound (net.ipv4.ip_nonlocal_bind). */
static bool is_own_v4(int fd, const struct sockaddr_in *addr)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = addr->sin_addr};

    return bind(fd, (const struct sockaddr *)&from, sizeof from) == 0 &&
           connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0;
}

/* An own address is always left from itself (RFC 6724, section 5, rule 1). */
static bool is_own_v6(int fd, const struct sockaddr_in6 *addr)
{
    struct sockaddr_in6 from = {0};
    socklen_t len = sizeof from;

    return connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0 &&
           getsockname(fd, (struct sockaddr *)&from, &len) == 0 &&
           memcmp(&from.sin6_addr, &addr->sin6_addr, sizeof from.sin6_addr) == 0;
}

bool mst_public_is_own(const struct sockaddr *addr)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6;
    bool is_v4 = addr->sa_family == AF_INET, is_own;
    int fd;

    if (addr->sa_family != AF_INET && addr->sa_family != AF_INET6)
        return false;
    if (is_v4) {
        memcpy(&v4, addr, sizeof v4);
    } else {
        memcpy(&v6, addr, sizeof v6);
        is_v4 = has_prefix(v6.sin6_addr.s6_addr, &embedding[0].prefix); /* mapped */
        v4.sin_addr.s_addr = htonl(v4_at(v6.sin6_addr.s6_addr, embedding[0].at));
    }
    fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    is_own = is_v4 ? is_own_v4(fd, &v4) : is_own_v6(fd, &v6);
    (void)close(fd);
    return is_own;
}
