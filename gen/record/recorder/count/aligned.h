/* aligned.h: counts blocks that were asked for with an alignment above 16 bytes, by alignment and
 * size: what class serves them depends on both.  One table for all threads, counted by atomic
 * instructions: such calls are rare, and never take the short path. */
#ifndef RECORDER_ALIGNED_H
#define RECORDER_ALIGNED_H

#include "count/block.h"

/* A block with an alignment of 2^shift bytes was made, or is about to be freed. */
void aligned_made(struct record_file *file, unsigned shift, size_t size);
void aligned_freed(struct record_file *file, unsigned shift, size_t size);

/* Notes in the file what is in use at a peak, in the tallies `slot`.  look_keeping is held. */
void aligned_keep(struct record_file *file, unsigned slot);

/* Remembers what is in use, for a child of fork. */
void aligned_leave(const struct record_file *file);
/* Notes in the new file of a child what was remembered. */
void aligned_inherit(struct record_file *file);

#endif
