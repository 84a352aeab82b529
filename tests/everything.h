/* everything.h: a load that comes by every lock of hakmem. */
#ifndef HAK_TESTS_EVERYTHING_H
#define HAK_TESTS_EVERYTHING_H

#include "tests/support.h"

namespace hak {

/* Allocates and frees of every class and a few large ones; false if something is wrong.  Uses
 * nothing else's memory, so that it works in any child. */
inline bool UseEverything(size_t tag)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        size_t usable = shim_class(cls).usable, checked = std::min<size_t>(usable, 256);
        void *blocks[12];
        for (void *&p : blocks) {
            p = hak_malloc(usable);
            if (!p)
                return false;
            FillPattern(p, checked, tag);
        }
        for (void *p : blocks) {
            if (PatternEnd(p, checked, tag) != checked)
                return false;
            hak_free(p);
        }
    }
    void *p = hak_realloc(hak_calloc(1, 200000), 3000000);
    hak_free(p);
    return p != nullptr;
}

} // namespace hak

#endif
