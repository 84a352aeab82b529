/* memory.h: what the kernel has mapped where, and mappings of somebody else's. */
#ifndef HAK_TESTS_MEMORY_H
#define HAK_TESTS_MEMORY_H

#include <cinttypes>
#include <cstdio>
#include <string>

#include <sys/mman.h>

#include "tests/support.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace hak {

/* "rw-" and the like; "" if nothing is mapped there. */
inline std::string ProtectionOf(const void *p)
{
    auto address = reinterpret_cast<uintptr_t>(p);
    std::string found;
    FILE *file = std::fopen("/proc/self/maps", "r");
    char line[512], flags[8];
    while (file && std::fgets(line, sizeof line, file)) {
        uintptr_t start, end;
        if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, flags) == 3 &&
            address >= start && address < end)
            found.assign(flags, 3);
    }
    if (file)
        std::fclose(file);
    return found;
}

/* Memory at a given place that hakmem knows nothing of, with contents that are checked. */
class ForeignMapping {
  public:
    ForeignMapping(char *at, size_t size) : p_(at), size_(size)
    {
        void *got = mmap(at, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        EXPECT_EQ(got, at) << "taken already";
        FillPattern(p_, Checked(), 77);
    }
    ForeignMapping(const ForeignMapping &) = delete;
    ~ForeignMapping()
    {
        EXPECT_EQ(PatternEnd(p_, Checked(), 77), Checked());
        munmap(p_, size_);
    }

    bool Overlaps(const char *start, size_t size) const
    {
        return start < p_ + size_ && p_ < start + size;
    }

    char *End() const
    {
        return p_ + size_;
    }

  private:
    size_t Checked() const
    {
        return std::min<size_t>(size_, 65536);
    }

    char *p_;
    size_t size_;
};

} // namespace hak

#endif
