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

static bool is_same_ip(const struct sockaddr_storage *a, const struct sockaddr *b)
{
    struct sockaddr_in v4[2];
    struct sockaddr_in6 v6[2];

    if (a->ss_family != b->sa_family)
        return false;
    if (a->ss_family == AF_INET) {
        memcpy(&v4[0], a, sizeof v4[0]);
        memcpy(&v4[1], b, sizeof v4[1]);
        return v4[0].sin_addr.s_addr == v4[1].sin_addr.s_addr;
    }
    memcpy(&v6[0], a, sizeof v6[0]);
    memcpy(&v6[1], b, sizeof v6[1]);
    return memcmp(&v6[0].sin6_addr, &v6[1].sin6_addr, sizeof v6[0].sin6_addr) == 0;
}

bool mst_public_is_own(const struct sockaddr *addr)
{
    const socklen_t len =
        addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    struct sockaddr_storage from = {0};
    socklen_t from_len = sizeof from;
    bool is_own = false;
    int fd;

    if (addr->sa_family != AF_INET && addr->sa_family != AF_INET6)
        return false;
    fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (connect(fd, addr, len) == 0 && getsockname(fd, (struct sockaddr *)&from, &from_len) == 0)
        is_own = is_same_ip(&from, addr);
    (void)close(fd);
    return is_own;
}
