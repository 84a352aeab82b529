/* stats_json.c: statistics for programs. */
#include "report.h"
#include "stats.h"

struct text {
    char *out;
    size_t room;
    size_t len; /* of the whole text, also of the part that had no room */
};

static void put(struct text *text, const char *part, size_t len)
{
    for (size_t i = 0; i < len; i++, text->len++) {
        if (text->len + 1 < text->room)
            text->out[text->len] = part[i];
    }
}

#define PUT(text, ...)                                                                             \
    do {                                                                                           \
        char part_[400];                                                                           \
        put(text, part_, hak_format(part_, sizeof part_, __VA_ARGS__));                            \
    } while (0)

#define U64(x) ((unsigned long long)(x))

static void put_totals(struct text *text, const struct hak_stats *s)
{
    PUT(text,
        "{\"profile\": \"" HAK_PROFILE_NAME "\", \"digest\": \"" HAK_PROFILE_DIGEST
        "\", \"counting\": %s,\n",
        hak_counting ? "true" : "false");
    PUT(text, " \"process\": {\"rss_bytes\": %zu, \"peak_rss_bytes\": %zu},\n", s->rss_bytes,
        s->peak_bytes);
    PUT(text,
        " \"small\": {\"live_blocks\": %zu, \"live_bytes\": %zu, \"stock_blocks\": %zu, "
        "\"stock_bytes\": %zu, \"free_blocks\": %zu, \"slab_bytes\": %zu},\n",
        s->live, s->live_bytes, s->stock, s->stock_bytes, s->free, s->slab_bytes);
    PUT(text, " \"large\": {\"live_blocks\": %zu, \"live_bytes\": %zu, \"moves\": %llu},\n",
        s->large.blocks, s->large.bytes, U64(s->large.moves));
    PUT(text,
        " \"bigcache\": {\"bytes\": %zu, \"hits\": %llu, \"misses\": %llu, \"evictions\": %llu},\n",
        s->bigcache.bytes, U64(s->bigcache.hits), U64(s->bigcache.misses),
        U64(s->bigcache.evictions));
    PUT(text,
        " \"heap\": {\"mapped_bytes\": %zu, \"dirty_bytes\": %zu, \"clean_bytes\": %zu, "
        "\"purged_bytes\": %llu, \"purges\": %llu, \"claims\": %llu},\n",
        s->heap.mapped, s->heap.dirty, s->heap.clean, U64(s->heap.purged), U64(s->heap.purges),
        U64(s->heap.claims));
    PUT(text,
        " \"threads\": {\"caches\": %zu, \"mapped\": %zu, \"bytes\": %zu, \"refills\": %llu, "
        "\"flushes\": %llu},\n",
        s->threads.threads, s->threads.mapped, s->threads.bytes, U64(s->threads.refills),
        U64(s->threads.flushes));
}

static void put_class(struct text *text, unsigned cls, const struct hak_class_stats *s)
{
    PUT(text,
        "  {\"size\": %u, \"live_blocks\": %zu, \"cached_blocks\": %zu, \"parked_blocks\": %zu, "
        "\"free_blocks\": %zu, \"slabs\": %zu, \"tail_bytes\": %zu, ",
        hak_classes[cls].size, s->live, s->cached, s->parked, s->free, s->slabs, s->tail);
    PUT(text, "\"fills\": %llu, \"slab_fills\": %llu, \"drains\": %llu", U64(s->fills),
        U64(s->slab_fills), U64(s->drains));
    if (hak_counting) {
        uint64_t room = s->allocs * (hak_classes[cls].size - HAK_HEADER_BYTES);
        PUT(text,
            ", \"allocs\": %llu, \"frees\": %llu, \"cache_hits\": %llu, \"requested_bytes\": %llu, "
            "\"rounding_bytes\": %llu",
            U64(s->allocs), U64(s->frees), U64(s->allocs - hak_min(s->allocs, s->fills)),
            U64(s->requested), U64(room - hak_min(room, s->requested)));
    }
    PUT(text, "}");
}

size_t hak_stats_write_json(char *out, size_t room)
{
    struct text text = {out, room, 0};
    struct hak_stats totals;
    bool any = false;
    hak_stats_collect(&totals);
    put_totals(&text, &totals);
    PUT(&text, " \"classes\": [");
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        struct hak_class_stats s;
        hak_stats_class(cls, &s);
        if (s.slabs == 0 && s.fills == 0)
            continue;
        PUT(&text, any ? ",\n" : "\n");
        put_class(&text, cls, &s);
        any = true;
    }
    PUT(&text, "]}\n");
    if (room > 0)
        out[hak_min(text.len, room - 1)] = '\0';
    return text.len;
}
