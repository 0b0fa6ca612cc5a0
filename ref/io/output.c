/* output.c -- see output.h for the contracts. */
#define _XOPEN_SOURCE 700 /* realpath */ // NOLINT(bugprone-reserved-identifier,cert-*)

#include "ref/io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ref_status system_failure(ref_why *why, const char *path, const char *action)
{
    const int reason = errno;
    return ref_fail(why, REF_EIO, "%s: cannot %s: %s", path, action, strerror(reason));
}

/* Where a link points, so that the rename replaces the file and not the link. */
static char *final_name(const char *path)
{
    struct stat s;
    if (lstat(path, &s) == 0 && S_ISLNK(s.st_mode)) return realpath(path, NULL);
    return strdup(path);
}

/* Open a new file beside o->path under a name that nobody has; o->temporary holds it. */
static FILE *open_beside(ref_output *o, size_t room, mode_t mode)
{
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        (void)snprintf(o->temporary, room, "%s.%ld-%u.tmp", o->path, (long)getpid(),
                       attempt);
        const int fd =
            open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno == EEXIST) continue;
        FILE *const file = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (fd >= 0 && file == NULL) {
            (void)close(fd);
            (void)unlink(o->temporary);
        }
        return file;
    }
    return NULL;
}

/* A device, a pipe: nothing to rename, and renaming over it would destroy it. */
static ref_status open_special(ref_output *o, const char *path, ref_why *why)
{
    ref_output made = {.file = fopen(path, "we"), .path = strdup(path)};
    if (made.file == NULL || made.path == NULL) {
        const ref_status s = made.file == NULL ? system_failure(why, path, "open")
                                               : ref_fail(why, REF_ENOMEM, "%s", path);
        ref_output_discard(&made);
        return s;
    }
    *o = made;
    return REF_OK;
}

ref_status ref_output_open(ref_output *o, const char *path, ref_why *why)
{
    if (path == NULL || strcmp(path, "-") == 0) {
        *o = (ref_output){.file = stdout};
        return REF_OK;
    }
    struct stat there;
    const bool exists = stat(path, &there) == 0;
    if (exists && S_ISDIR(there.st_mode))
        return ref_fail(why, REF_EIO, "%s: cannot write: it is a directory", path);
    if (exists && !S_ISREG(there.st_mode)) return open_special(o, path, why);
    if (exists && access(path, W_OK) != 0) return system_failure(why, path, "write");

    ref_output made = {.path = final_name(path)};
    if (made.path == NULL) return system_failure(why, path, "resolve");
    const size_t room = strlen(made.path) + 48;
    made.temporary = malloc(room);
    if (made.temporary != NULL)
        made.file = open_beside(&made, room, exists ? there.st_mode & 0777 : 0666);
    if (made.file == NULL) {
        const ref_status s = system_failure(why, path, "create");
        free(made.temporary);
        free(made.path);
        return s;
    }
    *o = made;
    return REF_OK;
}

/* Flush; true if every write so far reached the system. errno says why not. */
static bool flushed(FILE *file)
{
    const bool failed_before = ferror(file) != 0;
    if (fflush(file) != 0) return false;
    if (!failed_before) return true;
    /* stdio keeps no errno of the earlier failure: write once more to hear it again */
    clearerr(file);
    if (fputc('\n', file) == EOF || fflush(file) != 0) return false;
    errno = EIO;
    return false;
}

ref_status ref_output_commit(ref_output *o, ref_why *why)
{
    const char *const path = o->path != NULL ? o->path : "standard output";
    bool ok = flushed(o->file) && (o->temporary == NULL || fsync(fileno(o->file)) == 0);
    ref_status s = ok ? REF_OK : system_failure(why, path, "write");
    if (o->path != NULL) {
        FILE *const file = o->file;
        o->file = NULL;
        if (fclose(file) != 0 && ok) {
            ok = false;
            s = system_failure(why, path, "close");
        }
    }
    if (ok && o->temporary != NULL) {
        if (rename(o->temporary, o->path) != 0) {
            s = system_failure(why, path, "rename");
        } else {
            free(o->temporary);
            o->temporary = NULL; /* nothing left to remove */
        }
    }
    ref_output_discard(o);
    return s;
}

void ref_output_discard(ref_output *o)
{
    if (o->file != NULL && o->file != stdout) (void)fclose(o->file);
    if (o->temporary != NULL) (void)unlink(o->temporary);
    free(o->path);
    free(o->temporary);
    *o = (ref_output){0};
}
