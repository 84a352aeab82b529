/* stats.h: what the allocator holds, summed on demand over all layers. */
#ifndef HAK_STATS_H
#define HAK_STATS_H

/* Writes a table to stderr.  Takes each lock in turn, none for long; the sums are those of slightly
 * different moments while other threads run. */
void hak_stats_report(void);

#endif
