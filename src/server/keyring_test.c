#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "server/command.h"
#include "server/keyring.h"
#include "store/memory/memory.h"
#include "sys/file.h"
#include "tests/lib/unit.h"

static char dir[64], key_file[96], cik_file[96];
static struct mst_store *store;
static struct mst_server_keys keys;
static struct mst_buf why;

static void open_store(void)
{
    struct mst_memory_opts opts = {.queue_max = 16, .batch_max = 4, .is_inline = true};

    ck_assert_int_eq(mst_memory_open(&opts, &store), MST_OK);
}

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/muster-keyring-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(key_file, sizeof key_file, "%s/muster.key", dir);
    (void)snprintf(cik_file, sizeof cik_file, "%s/root.cik", dir);
    mst_buf_init(&why, MST_KIB(8));
    open_store();
}

static void teardown(void)
{
    mst_store_close(store);
    (void)unlink(key_file);
    (void)unlink(cik_file);
    ck_assert_int_eq(rmdir(dir), 0);
    mst_buf_fini(&why);
}

static enum mst_err open_ring(void)
{
    mst_buf_clear(&why);
    return mst_keyring_open(store, key_file, &keys, &why);
}

static void assert_says(const char *part)
{
    ck_assert_msg(why.len && memmem(why.ptr, why.len, part, strlen(part)),
                  "\"%s\" is not in \"%.*s\"", part, (int)why.len, why.ptr ? why.ptr : "");
}

static void write_file(const char *path, const char *text, unsigned mode)
{
    (void)unlink(path);
    ck_assert_int_eq(mst_file_create(path, mode, mst_span_str(text)), MST_OK);
}

static void read_file(const char *path, char *ret_text, size_t size)
{
    struct mst_buf buf;

    mst_buf_init(&buf, size - 1);
    ck_assert_int_eq(mst_file_read(path, size - 1, &buf), MST_OK);
    memcpy(ret_text, buf.ptr, buf.len);
    ret_text[buf.len] = '\0';
    mst_buf_fini(&buf);
}

static struct mst_handle cik_of_row_one(void)
{
    struct mst_keys port = mst_server_keys_port(&keys);
    struct mst_key_seed seed = {.row = 1, .kid = 1};
    struct mst_handle handle;

    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &handle), MST_OK);
    return handle;
}

MST_TEST(a_new_store_gets_a_private_key_file_and_a_generation)
{
    unsigned mode = 0;

    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    ck_assert_int_eq(mst_file_mode(key_file, &mode), MST_OK);
    ck_assert_uint_eq(mode, 0600);
    ck_assert_uint_eq(keys.n_gens, 1);
    ck_assert_uint_gt(keys.gens[0], 0);
    ck_assert_uint_lt(keys.gens[0], 1 << MST_GEN_BITS);
    ck_assert_uint_eq(keys.current_kid, 1);
    teardown();
}
MST_TEST_END

MST_TEST(a_second_start_finds_the_same_keys)
{
    struct mst_handle first, second;

    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    first = cik_of_row_one();
    ck_assert_int_eq(open_ring(), MST_OK);
    second = cik_of_row_one();
    ck_assert_span_eq(mst_handle_span(&second), mst_handle_span(&first));
    teardown();
}
MST_TEST_END

MST_TEST(one_key_file_on_two_stores_gives_different_keys)
{
    struct mst_handle first, second;

    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    first = cik_of_row_one();
    mst_store_close(store);
    open_store();
    ck_assert_int_eq(open_ring(), MST_OK);
    second = cik_of_row_one();
    ck_assert(!mst_span_eq(mst_handle_span(&second), mst_handle_span(&first)));
    teardown();
}
MST_TEST_END

MST_TEST(a_store_with_rows_is_refused_without_its_key_file_and_none_is_made)
{
    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    ck_assert_int_eq(unlink(key_file), 0);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    assert_says("is missing");
    assert_says("put it back");
    ck_assert_int_ne(access(key_file, F_OK), 0);
    teardown();
}
MST_TEST_END

MST_TEST(another_key_file_is_refused_whichever_of_its_keys_differs)
{
    char good[512], changed[512];
    char *numbered;

    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    read_file(key_file, good, sizeof good);

    memcpy(changed, good, sizeof good);
    changed[8] = changed[8] == '0' ? '1' : '0';
    write_file(key_file, changed, 0600);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    assert_says("does not belong to this store (its locator is another one)");

    memcpy(changed, good, sizeof good);
    numbered = strstr(changed, "\n1 ");
    ck_assert_ptr_nonnull(numbered);
    numbered[3] = numbered[3] == '0' ? '1' : '0';
    write_file(key_file, changed, 0600);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    assert_says("a numbered key is another one");

    memcpy(changed, good, sizeof good);
    numbered = strstr(changed, "\n1 ");
    numbered[1] = '2';
    write_file(key_file, changed, 0600);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    assert_says("a numbered key is missing");

    write_file(key_file, good, 0600);
    ck_assert_int_eq(open_ring(), MST_OK);
    teardown();
}
MST_TEST_END

MST_TEST(a_key_file_that_others_may_read_is_refused)
{
    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    ck_assert_int_eq(chmod(key_file, 0640), 0);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    assert_says("mode 0640");
    assert_says("chmod 600");
    ck_assert_int_eq(chmod(key_file, 0400), 0);
    ck_assert_int_eq(open_ring(), MST_OK);
    teardown();
}
MST_TEST_END

MST_TEST(a_credential_of_systemd_may_show_an_access_list_as_bits_of_the_group)
{
    char home[sizeof key_file];

    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    (void)snprintf(home, sizeof home, "%s", key_file);
    *strrchr(home, '/') = '\0';
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
    ck_assert_int_eq(chmod(key_file, 0440), 0);
    ck_assert_int_eq(open_ring(), MST_OK);
    ck_assert_int_eq(chmod(key_file, 0444), 0);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    ck_assert_int_eq(chmod(key_file, 0460), 0);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    home[strlen(home) - 1] = '\0'; /* the beginning of a name is another directory */
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
    ck_assert_int_eq(chmod(key_file, 0440), 0);
    ck_assert_int_eq(open_ring(), MST_EKEY);
    (void)unsetenv("CREDENTIALS_DIRECTORY");
    teardown();
}
MST_TEST_END

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

MST_TEST(a_file_that_is_not_a_key_file_is_refused_on_a_new_store_too)
{
    static const char *const texts[] = {
        "",
        "locator " HEX64 "\n",
        "1 " HEX64 "\n",
        "locator " HEX64 "\nlocator " HEX64 "\n1 " HEX64 "\n",
        "locator " HEX64 "\n1 " HEX64 "\n1 " HEX64 "\n",
        "locator " HEX64 "\n0 " HEX64 "\n",
        "locator " HEX64 "\n4294967296 " HEX64 "\n",
        "locator " HEX64 "\n1 " HEX64 "00\n",
        "locator " HEX64 "\n1 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\n",
        "locator " HEX64 "\n1\n",
    };

    setup();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(key_file, texts[i], 0600);
        ck_assert_msg(open_ring() == MST_EKEY, "taken: %s", texts[i]);
        assert_says("is not a key file");
    }
    write_file(key_file, "# kept in the safe\n\nlocator " HEX64 "\n  7 " HEX64 "\n", 0600);
    ck_assert_int_eq(open_ring(), MST_OK);
    ck_assert_uint_eq(keys.current_kid, 7);
    teardown();
}
MST_TEST_END

static enum mst_err break_generation(void *arg, struct mst_tx *tx)
{
    struct mst_row_gen gen = {.ix = 0, .gen = INT64_C(1) << MST_GEN_BITS};

    (void)arg;
    return mst_tx_update(tx, MST_TABLE_GEN, &gen, MST_BIT(gen, gen));
}

MST_TEST(a_damaged_generation_is_noticed)
{
    setup();
    ck_assert_int_eq(open_ring(), MST_OK);
    ck_assert_int_eq(mst_command_wait(store, MST_FILE_STATE, break_generation, NULL), MST_OK);
    ck_assert_int_eq(open_ring(), MST_ECORRUPT);
    assert_says("the store's keys cannot be read");
    teardown();
}
MST_TEST_END

struct injection {
    unsigned n_commits;
    bool is_kept;
};

/* The first commit of a store has an unknown outcome, the others go well. */
static bool fail_first(void *arg, bool *ret_is_applied)
{
    struct injection *injection = arg;

    *ret_is_applied = injection->is_kept;
    return injection->n_commits++ == 0;
}

MST_TEST(an_ambiguous_first_commit_is_settled_by_running_it_again)
{
    struct injection injection;
    struct mst_memory_opts opts = {.queue_max = 16,
                                   .batch_max = 4,
                                   .is_inline = true,
                                   .inject_unknown = fail_first,
                                   .arg = &injection};
    struct mst_handle first, second;

    setup();
    for (int is_kept = 0; is_kept < 2; is_kept++) {
        mst_store_close(store);
        (void)unlink(key_file);
        injection = (struct injection){.is_kept = is_kept};
        ck_assert_int_eq(mst_memory_open(&opts, &store), MST_OK);
        ck_assert_int_eq(open_ring(), MST_OK);
        ck_assert_uint_eq(injection.n_commits, 2);
        first = cik_of_row_one();
        ck_assert_int_eq(open_ring(), MST_OK);
        second = cik_of_row_one();
        ck_assert_span_eq(mst_handle_span(&second), mst_handle_span(&first));
    }
    teardown();
}
MST_TEST_END

static enum mst_err ensure_root(bool *ret_is_written)
{
    struct mst_keys port;
    struct mst_domain domain = {.keys = &port, .window_s = 60};

    ck_assert_int_eq(open_ring(), MST_OK);
    port = mst_server_keys_port(&keys);
    return mst_keyring_ensure_root(store, &domain, cik_file, ret_is_written, &why);
}

MST_TEST(the_root_key_is_written_privately_once_and_again_when_it_is_missing)
{
    char first[64], second[64];
    bool is_written = false;
    unsigned mode = 0;

    setup();
    ck_assert_int_eq(ensure_root(&is_written), MST_OK);
    ck_assert(is_written);
    ck_assert_int_eq(mst_file_mode(cik_file, &mode), MST_OK);
    ck_assert_uint_eq(mode, 0600);
    read_file(cik_file, first, sizeof first);
    ck_assert_uint_eq(strlen(first), 41);
    ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 40);

    ck_assert_int_eq(ensure_root(&is_written), MST_OK);
    ck_assert(!is_written);
    ck_assert_int_eq(unlink(cik_file), 0);
    ck_assert_int_eq(ensure_root(&is_written), MST_OK);
    ck_assert(is_written);
    read_file(cik_file, second, sizeof second);
    ck_assert_str_eq(second, first);
    teardown();
}
MST_TEST_END

MST_TEST(a_root_key_file_of_another_store_is_told)
{
    bool is_written = true;

    setup();
    write_file(cik_file, "0123456789012345678901234567890123456789\n", 0600);
    ck_assert_int_eq(ensure_root(&is_written), MST_EKEY);
    assert_says("holds another key");
    ck_assert(is_written);
    teardown();
}
MST_TEST_END

MST_TESTS("server/keyring", a_new_store_gets_a_private_key_file_and_a_generation,
          a_second_start_finds_the_same_keys, one_key_file_on_two_stores_gives_different_keys,
          a_store_with_rows_is_refused_without_its_key_file_and_none_is_made,
          another_key_file_is_refused_whichever_of_its_keys_differs,
          a_key_file_that_others_may_read_is_refused,
          a_credential_of_systemd_may_show_an_access_list_as_bits_of_the_group,
          a_file_that_is_not_a_key_file_is_refused_on_a_new_store_too,
          a_damaged_generation_is_noticed, an_ambiguous_first_commit_is_settled_by_running_it_again,
          the_root_key_is_written_privately_once_and_again_when_it_is_missing,
          a_root_key_file_of_another_store_is_told)
