/* loads.cc: see loads.h. */
#include "tests/stress/loads.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "tests/stress/checked.h"

namespace stress {
namespace {

/* Blocks at random places of a table; a place that memory was refused for stays empty. */
template <size_t kPlaces>
class Table {
  public:
    /* The block there, whose place is empty from now on. */
    void *Take(uint32_t place)
    {
        void *p = blocks_[place];
        blocks_[place] = nullptr;
        return p;
    }
    /* In place of the block there, which is freed. */
    void Put(uint32_t place, void *p)
    {
        Free(blocks_[place]);
        blocks_[place] = p;
    }
    void Drain()
    {
        for (uint32_t place = 0; place < kPlaces; place++)
            Put(place, nullptr);
    }

  private:
    std::array<void *, kPlaces> blocks_{};
};

/* Sizes of all kinds at random, as bench_random_mixed. */
class Mixed : public Load {
  public:
    explicit Mixed(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        for (int i = 0; i < 200; i++)
            table_.Put(random_.Below(4096), Malloc(random_.Size(16, 10), random_.Next()));
    }
    void Drain() override
    {
        table_.Drain();
    }

  private:
    Random random_;
    Table<4096> table_;
};

/* Tiny blocks in bursts that are freed as a whole, as bench_tiny_hot and bench_batch. */
class Bursts : public Load {
  public:
    explicit Bursts(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        uint32_t n = 1 + random_.Below(1024);
        size_t size = kHead + random_.Below(112);
        for (uint32_t i = 0; i < n; i++)
            table_.Put(i, Malloc(size, i));
        table_.Drain();
    }
    void Drain() override {}

  private:
    Random random_;
    Table<1024> table_;
};

/* Blocks that one thread allocates and another frees, as bench_prodcons. */
class Ring {
  public:
    void *Exchange(uint32_t place, void *p)
    {
        return places_[place % kPlaces].exchange(p);
    }
    static constexpr uint32_t kPlaces = 512;

  private:
    std::array<std::atomic<void *>, kPlaces> places_{};
};

class Handing : public Load {
  public:
    Handing(uint64_t seed, std::shared_ptr<Ring> ring, bool producer)
        : random_(seed), ring_(std::move(ring)), producer_(producer)
    {
    }
    void Step() override
    {
        for (int i = 0; i < 256; i++) {
            void *p = producer_ ? Malloc(random_.Size(16, 8), random_.Next()) : nullptr;
            Free(ring_->Exchange(at_++, p));
        }
    }
    /* Whoever comes last finds what the other one has put there meanwhile. */
    void Drain() override
    {
        for (uint32_t i = 0; i < Ring::kPlaces; i++)
            Free(ring_->Exchange(i, nullptr));
    }

  private:
    Random random_;
    std::shared_ptr<Ring> ring_;
    bool producer_;
    uint32_t at_ = 0;
};

/* A table that passes from thread to thread, each of short life, as larson and bench_churn. */
class Churn : public Load {
  public:
    explicit Churn(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, Run, this) == 0)
            pthread_join(thread, nullptr);
        else if (Limits() == 0)
            Fail("pthread_create: no thread, although there never was a limit");
    }
    void Drain() override
    {
        table_.Drain();
    }

  private:
    static void *Run(void *load)
    {
        static_cast<Churn *>(load)->Replace();
        return nullptr;
    }
    void Replace()
    {
        for (int i = 0; i < 500; i++)
            table_.Put(random_.Below(1000), Malloc(random_.Size(16, 7), random_.Next()));
    }

    Random random_;
    Table<1000> table_;
};

/* Large blocks, touched at each page, as bench_vm_mixed. */
class Large : public Load {
  public:
    explicit Large(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        for (int i = 0; i < 8; i++) {
            size_t size = random_.Size(32768, 7);
            uint32_t place = random_.Below(24);
            table_.Put(place, nullptr);
            table_.Put(place, random_.Below(4) == 0 ? Calloc(size, random_.Next())
                                                    : Malloc(size, random_.Next()));
        }
    }
    void Drain() override
    {
        table_.Drain();
    }

  private:
    Random random_;
    Table<24> table_;
};

/* Buffers that grow and shrink, small and large, as bench_realloc. */
class Growing : public Load {
  public:
    explicit Growing(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        for (int i = 0; i < 20; i++) {
            uint32_t place = random_.Below(32);
            void *p = table_.Take(place);
            if (!p)
                p = Malloc(kHead + random_.Below(100), random_.Next());
            void *resized = p ? Realloc(p, random_.Size(16, random_.Below(8) == 0 ? 18 : 10)) : p;
            table_.Put(place, resized ? resized : p);
        }
    }
    void Drain() override
    {
        table_.Drain();
    }

  private:
    Random random_;
    Table<32> table_;
};

/* calloc and aligned_alloc, as bench_calloc. */
class ZeroAndAligned : public Load {
  public:
    explicit ZeroAndAligned(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        for (int i = 0; i < 50; i++) {
            size_t size = random_.Size(16, 13), align = size_t{16} << random_.Below(9);
            table_.Put(random_.Below(256), random_.Below(2) == 0
                                               ? Calloc(size, random_.Next())
                                               : Aligned(align, size, random_.Next()));
        }
    }
    void Drain() override
    {
        table_.Drain();
    }

  private:
    Random random_;
    Table<256> table_;
};

/* Children that allocate, while all the other threads of the parent do. */
class Forks : public Load {
  public:
    explicit Forks(uint64_t seed) : random_(seed) {}
    void Step() override
    {
        for (uint32_t i = 0; i < 64; i++)
            table_.Put(i, Malloc(random_.Size(16, 13), random_.Next()));
        pid_t child = fork();
        if (child == 0) {
            alarm(120); /* an allocator that waits for a lost lock does so for ever */
            AdoptLimits();
            for (uint32_t i = 0; i < 2000; i++)
                table_.Put(random_.Below(64), Malloc(random_.Size(16, 14), random_.Next()));
            table_.Drain();
            _exit(0);
        }
        int status = 0;
        if (child > 0 && waitpid(child, &status, 0) != child)
            Fail("waitpid: %s", std::strerror(errno));
        if (status != 0)
            Fail("a child of fork ended with status %#x", static_cast<unsigned>(status));
        usleep(20000);
    }
    void Drain() override
    {
        table_.Drain();
    }

  private:
    Random random_;
    Table<64> table_;
};

} // namespace

std::vector<std::unique_ptr<Load>> MakeLoads(uint64_t seed)
{
    std::vector<std::unique_ptr<Load>> loads;
    auto ring = std::make_shared<Ring>();
    loads.push_back(std::make_unique<Mixed>(seed + 1));
    loads.push_back(std::make_unique<Bursts>(seed + 2));
    loads.push_back(std::make_unique<Handing>(seed + 3, ring, true));
    loads.push_back(std::make_unique<Handing>(seed + 4, ring, false));
    loads.push_back(std::make_unique<Churn>(seed + 5));
    loads.push_back(std::make_unique<Large>(seed + 6));
    loads.push_back(std::make_unique<Growing>(seed + 7));
    loads.push_back(std::make_unique<ZeroAndAligned>(seed + 8));
    loads.push_back(std::make_unique<Forks>(seed + 9));
    return loads;
}

} // namespace stress
