/* source.c -- see source.h for the contracts. */
#include "ref/io/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)1 << 16)

static ref_status read_failure(const ref_source *s, ref_why *why)
{
    return ref_fail(why, REF_EIO, "%s: cannot read: %s", s->name, strerror(s->error));
}

ref_status ref_source_open(ref_source *s, const char *path, ref_why *why)
{
    const bool standard = path == NULL || strcmp(path, "-") == 0;
    *s = (ref_source){.name = standard ? "standard input" : path};
    s->file = standard ? stdin : fopen(path, "re");
    if (s->file == NULL)
        return ref_fail(why, REF_EIO, "%s: cannot open: %s", path, strerror(errno));
    s->room = FIRST_ROOM;
    s->data = malloc(s->room + 1); /* one more for the NUL behind the last line */
    if (s->data == NULL) {
        ref_source_close(s);
        return ref_fail(why, REF_ENOMEM, "%s: no memory to read it", path);
    }
    return REF_OK;
}

ref_status ref_source_memory(ref_source *s, const void *bytes, size_t length,
                             const char *name, ref_why *why)
{
    *s = (ref_source){.name = name, .end = length, .room = length, .ended = true};
    s->data = malloc(length + 1);
    if (s->data == NULL) return ref_fail(why, REF_ENOMEM, "%s: no memory", name);
    if (length > 0) memcpy(s->data, bytes, length);
    return REF_OK;
}

void ref_source_close(ref_source *s)
{
    if (s->file != NULL && s->file != stdin) (void)fclose(s->file);
    free(s->data);
    *s = (ref_source){.ended = true};
}

/* Read more behind data[end); false on failure, with errno in s->error. */
static bool fill(ref_source *s)
{
    if (s->ended || s->end == s->room) return true;
    errno = 0;
    const size_t got = fread(s->data + s->end, 1, s->room - s->end, s->file);
    s->end += got;
    if (got > 0) return true;
    s->ended = true;
    if (ferror(s->file)) s->error = errno != 0 ? errno : EIO;
    return s->error == 0;
}

static void skip_byte_order_mark(ref_source *s)
{
    if (s->end - s->at >= 3 && memcmp(s->data + s->at, "\xef\xbb\xbf", 3) == 0)
        s->at += 3;
}

ref_status ref_source_peek(int *first, ref_source *s, ref_why *why)
{
    while (!s->ended && s->end < s->room)
        if (!fill(s)) return read_failure(s, why);
    skip_byte_order_mark(s);
    *first = EOF;
    for (size_t i = s->at; i < s->end && *first == EOF; i++)
        if (strchr(" \t\r\n", s->data[i]) == NULL || s->data[i] == '\0')
            *first = (unsigned char)s->data[i];
    return REF_OK;
}

/* Make room behind data[end): move the unread bytes to the front, then grow. */
static ref_status make_room(ref_source *s, ref_why *why)
{
    memmove(s->data, s->data + s->at, s->end - s->at);
    s->end -= s->at;
    s->at = 0;
    if (s->end < s->room) return REF_OK;
    char *const grown = realloc(s->data, 2 * s->room + 1);
    if (grown == NULL) return ref_fail(why, REF_ENOMEM, "%s: no memory", s->name);
    s->data = grown;
    s->room *= 2;
    return REF_OK;
}

ref_status ref_source_line(char **text, size_t *length, ref_source *s, size_t cap,
                           ref_why *why)
{
    size_t searched = 0; /* bytes from data[at) known to hold no line end */
    char *end;
    while ((end = memchr(s->data + s->at + searched, '\n', s->end - s->at - searched))
           == NULL) {
        searched = s->end - s->at;
        if (s->ended || searched > cap) break;
        REF_TRY(make_room(s, why));
        if (!fill(s)) return read_failure(s, why);
    }
    if (end == NULL && s->error != 0) return read_failure(s, why);
    char *const line = s->data + s->at;
    size_t n = end != NULL ? (size_t)(end - line) : s->end - s->at;
    if (n > cap)
        return ref_fail(why, REF_EFORMAT, "line is longer than %zu bytes", cap);
    const bool none = end == NULL && n == 0;
    s->at += n + (end != NULL);
    if (n > 0 && line[n - 1] == '\r') n--;
    line[n] = '\0';
    *text = none ? NULL : line;
    *length = n;
    return REF_OK;
}

size_t ref_source_read(void *buffer, size_t n, void *source)
{
    ref_source *const s = source;
    if (s->at == s->end) {
        if (s->file != NULL) s->at = s->end = 0;
        if (!fill(s)) return (size_t)-1;
    }
    const size_t left = s->end - s->at;
    const size_t got = n < left ? n : left;
    memcpy(buffer, s->data + s->at, got);
    s->at += got;
    return got;
}
