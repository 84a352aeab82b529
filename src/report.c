/* report.c: formatting without stdio, which would allocate or lock. */
#include <stdarg.h>

#include "lock.h"
#include "os.h"
#include "report.h"

struct text {
    char *out;
    size_t room; /* bytes of out, the closing 0 included */
    size_t len;
};

static void put(struct text *text, char c)
{
    if (text->len + 1 < text->room)
        text->out[text->len++] = c;
}

static void put_string(struct text *text, const char *s)
{
    while (*s)
        put(text, *s++);
}

static void put_number(struct text *text, uint64_t value, unsigned base)
{
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (n > 0)
        put(text, digits[--n]);
}

static void put_formatted(struct text *text, const char *format, va_list args)
{
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            put(text, *f);
            continue;
        }
        f++;
        if (*f == 's') {
            put_string(text, va_arg(args, const char *));
        } else if (*f == 'p') {
            put_string(text, "0x");
            put_number(text, (uintptr_t)va_arg(args, void *), 16);
        } else if (*f == 'u') {
            put_number(text, va_arg(args, uint32_t), 10);
        } else if (*f == 'z') {
            f++;
            put_number(text, va_arg(args, size_t), 10);
        } else if (*f == 'l') {
            f += 2;
            put_number(text, va_arg(args, unsigned long long), 10);
        } else {
            put(text, *f);
        }
    }
    text->out[text->len] = '\0';
}

size_t hak_format(char *out, size_t room, const char *format, ...)
{
    struct text text = {out, room, 0};
    va_list args;
    va_start(args, format);
    put_formatted(&text, format, args);
    va_end(args);
    return text.len;
}

void hak_report(const char *format, ...)
{
    char line[480];
    struct text text = {line, sizeof line - 1, 0};
    va_list args;
    put_string(&text, "hakmem(" HAK_PROFILE_NAME "): ");
    va_start(args, format);
    put_formatted(&text, format, args);
    va_end(args);
    line[text.len++] = '\n';
    hak_os_write_stderr(line, text.len);
}

void hak_fatal(const char *fault, const void *address)
{
    hak_report("%s: %p", fault, (void *)(uintptr_t)address);
    hak_lock_reentrant = true; /* for a handler of SIGABRT */
    hak_os_abort();
}
