/* output_test.c -- files appear whole or not at all. */
#include "ref/io/output.h"

#include "theory-tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM ((size_t)64)

static void make_directory(char name[ROOM])
{
    (void)snprintf(name, ROOM, "/tmp/gvm-output-test-XXXXXX");
    CHECK(mkdtemp(name) != NULL);
}

static void path_in(char path[2 * ROOM], const char *directory, const char *name)
{
    (void)snprintf(path, 2 * ROOM, "%s/%s", directory, name);
}

/* Number of entries, and everything removed. */
static int empty_directory(const char *directory)
{
    DIR *const d = opendir(directory);
    if (d == NULL) return -1;
    int n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        n++;
        char path[2 * ROOM + 256];
        (void)snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        (void)unlink(path);
    }
    (void)closedir(d);
    (void)rmdir(directory);
    return n;
}

static bool file_holds(const char *path, const char *want)
{
    char text[64] = "";
    FILE *const f = fopen(path, "r");
    if (f == NULL) return false;
    const size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    return n == strlen(want) && memcmp(text, want, n) == 0;
}

static void a_committed_file_is_there_alone(void)
{
    char directory[ROOM];
    char path[2 * ROOM];
    make_directory(directory);
    path_in(path, directory, "result.tsv");
    ref_output o;
    CHECK_OK(ref_output_open(&o, path, NULL));
    (void)fputs("whole\n", o.file);
    CHECK(access(path, F_OK) != 0);
    CHECK_OK(ref_output_commit(&o, NULL));
    CHECK(o.file == NULL && o.path == NULL && o.temporary == NULL);
    CHECK(file_holds(path, "whole\n"));
    CHECK_EQUAL(empty_directory(directory), 1);
}

static void a_discarded_file_leaves_the_old_one(void)
{
    char directory[ROOM];
    char path[2 * ROOM];
    make_directory(directory);
    path_in(path, directory, "result.tsv");
    ref_output o;
    CHECK_OK(ref_output_open(&o, path, NULL));
    (void)fputs("old", o.file);
    CHECK_OK(ref_output_commit(&o, NULL));
    CHECK_OK(ref_output_open(&o, path, NULL));
    (void)fputs("new", o.file);
    ref_output_discard(&o);
    ref_output_discard(&o);
    CHECK(file_holds(path, "old"));
    CHECK_EQUAL(empty_directory(directory), 1);
}

static void a_link_is_followed_and_the_mode_kept(void)
{
    char directory[ROOM];
    char path[2 * ROOM];
    char link[2 * ROOM];
    make_directory(directory);
    path_in(path, directory, "target");
    path_in(link, directory, "link");
    (void)close(open(path, O_CREAT | O_WRONLY, 0640));
    CHECK_EQUAL(symlink("target", link), 0);
    ref_output o;
    CHECK_OK(ref_output_open(&o, link, NULL));
    (void)fputs("through", o.file);
    CHECK_OK(ref_output_commit(&o, NULL));
    struct stat s;
    CHECK(lstat(link, &s) == 0 && S_ISLNK(s.st_mode));
    CHECK(stat(path, &s) == 0 && (s.st_mode & 0777) == 0640);
    CHECK(file_holds(path, "through"));
    CHECK_EQUAL(empty_directory(directory), 2);
}

/* Does it hold in a child that gave up root? Root may write anywhere, also into a
 * read-only directory, and faulty code run by root would rename over a device. */
static bool holds_unprivileged(bool (*claim)(const char *path), const char *path)
{
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(3);
        _exit(claim(path) ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status)
           && WEXITSTATUS(status) == 0;
}

/* Few bytes fail at the flush, many already at a write; without a buffer nothing is left
 * to flush and only the stream's flag remembers. */
static bool full_disk_is_reported(const char *path)
{
    static const size_t size[] = {3, 1000000, 1};
    for (int i = 0; i < 3; i++) {
        ref_output o;
        ref_why why = {""};
        if (ref_output_open(&o, path, &why) != REF_OK) return false;
        if (i == 2) (void)setvbuf(o.file, NULL, _IONBF, 0);
        for (size_t n = 0; n < size[i]; n++) (void)fputc('x', o.file);
        if (ref_output_commit(&o, &why) != REF_EIO || strstr(why.text, path) == NULL
            || strstr(why.text, "No space left") == NULL)
            return false;
    }
    return true;
}

static void a_full_disk_is_reported(void)
{
    CHECK(holds_unprivileged(full_disk_is_reported, "/dev/full"));
}

static bool device_is_written(const char *path)
{
    ref_output o;
    if (ref_output_open(&o, path, NULL) != REF_OK || o.temporary != NULL) return false;
    (void)fputs("gone", o.file);
    return ref_output_commit(&o, NULL) == REF_OK;
}

static void a_device_is_written_not_replaced(void)
{
    CHECK(holds_unprivileged(device_is_written, "/dev/null"));
    struct stat s;
    CHECK(stat("/dev/null", &s) == 0 && S_ISCHR(s.st_mode));
}

static void a_closed_pipe_is_reported(void)
{
    char path[ROOM];
    int end[2];
    CHECK_EQUAL(pipe(end), 0);
    void (*const before)(int) = signal(SIGPIPE, SIG_IGN);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", end[1]);
    ref_output o;
    ref_why why = {""};
    CHECK_OK(ref_output_open(&o, path, &why));
    (void)close(end[0]);
    (void)fputs("nobody reads", o.file);
    CHECK_STATUS(ref_output_commit(&o, &why), REF_EIO);
    CHECK(strstr(why.text, "Broken pipe") != NULL);
    (void)close(end[1]);
    (void)signal(SIGPIPE, before);
}

static void a_place_that_cannot_be_written_is_reported(void)
{
    ref_output o = {0};
    ref_why why = {""};
    CHECK_STATUS(ref_output_open(&o, "/no/such/directory/x", &why), REF_EIO);
    CHECK(strstr(why.text, "/no/such/directory/x") != NULL);
    CHECK_STATUS(ref_output_open(&o, "/tmp", &why), REF_EIO);
    CHECK(strstr(why.text, "directory") != NULL);
    CHECK(o.file == NULL);
}

static bool directory_is_reported(const char *path)
{
    ref_output o = {0};
    ref_why why = {""};
    return ref_output_open(&o, path, &why) == REF_EIO
           && strstr(why.text, "Permission denied") != NULL;
}

static void a_read_only_directory_is_reported(void)
{
    char directory[ROOM];
    char path[2 * ROOM];
    make_directory(directory);
    CHECK_EQUAL(chmod(directory, 0555), 0);
    path_in(path, directory, "x");
    CHECK(holds_unprivileged(directory_is_reported, path));
    CHECK_EQUAL(chmod(directory, 0755), 0);
    CHECK_EQUAL(empty_directory(directory), 0);
}

SUITE("output files", NULL,
      {"a committed file is there, alone", a_committed_file_is_there_alone},
      {"a discarded file leaves the old one", a_discarded_file_leaves_the_old_one},
      {"a link is followed and the mode kept", a_link_is_followed_and_the_mode_kept},
      {"a full disk is reported", a_full_disk_is_reported},
      {"a device is written, not replaced", a_device_is_written_not_replaced},
      {"a closed pipe is reported", a_closed_pipe_is_reported},
      {"a place that cannot be written is reported",
       a_place_that_cannot_be_written_is_reported},
      {"a read-only directory is reported", a_read_only_directory_is_reported});
