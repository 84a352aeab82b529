/* player.h: one thread of a run: takes operations from a source and does them. */
#ifndef HAK_TESTS_FUZZ_PLAYER_H
#define HAK_TESTS_FUZZ_PLAYER_H

#include <atomic>
#include <vector>

#include "tests/fuzz/model.h"
#include "tests/fuzz/source.h"

namespace fuzz {

/* The records of all blocks of a run, and where threads leave blocks for each other.  A place
 * always holds a record, with or without a block; who takes it out puts another one in. */
class Mailbox {
  public:
    static constexpr size_t kPlaces = 64, kSlots = 256;
    explicit Mailbox(unsigned nplayers);
    /* The records that a player starts with, kSlots of them. */
    Block *Records(unsigned player)
    {
        return &records_[kPlaces + player * kSlots];
    }
    Block *Exchange(size_t place, Block *block)
    {
        return places_[place].exchange(block, std::memory_order_acq_rel);
    }

  private:
    std::vector<Block> records_;
    std::atomic<Block *> places_[kPlaces];
};

class Player {
  public:
    /* Number `index` of the run; `alone`: no other one runs at the same time. */
    Player(Source source, Mailbox &mailbox, unsigned index, bool alone);
    Player(const Player &) = delete;

    /* Does all that the source says; then frees its blocks.  Returns the calls made. */
    uint64_t Play();
    /* Frees what is left in the mailbox. */
    uint64_t Clear();

  private:
    void Step();
    void Allocate(unsigned how, Block &block);
    void AllocateAligned(unsigned how, Block &block);
    void AllocateNew(unsigned how, Block &block);
    void Resize(Block &block, bool array);
    void Free(Block &block);
    void Refused(Block &block);
    void RefusedAlign();
    void Rare();
    void Stats();

    size_t TakeSize();
    size_t TakeAlign(size_t least, size_t size);
    void Admitted(const char *call, Block &block, size_t asked, size_t align, Kind kind);

    Source source_;
    Mailbox &mailbox_;
    bool alone_;
    uint64_t calls_ = 0, serial_ = 0;
    Block *slots_[Mailbox::kSlots];
};

} // namespace fuzz

#endif
