/* player.cc: see player.h. */
#include "tests/fuzz/player.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tests/fuzz/calls.h"

namespace fuzz {
namespace {

constexpr size_t kMaxLive = size_t{1} << 30;  /* bytes in use, of all players */
constexpr size_t kMaxDense = size_t{1} << 20; /* above, blocks are written in part */
constexpr size_t kHeapPage = 65536;
constexpr int kUntouched = 12345; /* errno before a call that must leave it alone */

/* Sizes that no allocator can serve: addresses have 47 bits. */
size_t Hopeless(uint32_t number)
{
    switch (number % 4) {
    case 0:
        return SIZE_MAX - number / 4;
    case 1:
        return static_cast<size_t>(PTRDIFF_MAX) + number / 4;
    case 2:
        return static_cast<size_t>(PTRDIFF_MAX) - number / 4;
    default:
        return (size_t{1} << (48 + number / 4 % 15)) + number / 64;
    }
}

void ExpectErrno(const char *call, const Block &block, int wanted)
{
    if (errno != wanted)
        Fault(call, block, "errno is %d and should be %d", errno, wanted);
}

/* What a call that must fail returned and left in errno. */
void ExpectRefused(const char *call, const void *p, size_t size, size_t align, int wanted)
{
    Block block;
    block.p = static_cast<char *>(const_cast<void *>(p));
    block.asked = size;
    block.align = align;
    if (p)
        Fault(call, block, "should have failed");
    ExpectErrno(call, block, wanted);
}

} // namespace

Mailbox::Mailbox(unsigned nplayers) : records_(kPlaces + nplayers * kSlots)
{
    for (size_t i = 0; i < kPlaces; i++)
        places_[i] = &records_[i];
}

Player::Player(Source source, Mailbox &mailbox, unsigned index, bool alone)
    : source_(source), mailbox_(mailbox), alone_(alone)
{
    for (size_t i = 0; i < Mailbox::kSlots; i++)
        slots_[i] = mailbox.Records(index) + i;
}

/* ---- numbers ------------------------------------------------------------------------------- */

/* Sizes as they find faults: edges of classes, of heap pages, of the largest class. */
size_t Player::TakeSize()
{
    uint32_t choice = source_.Take(1), number = source_.Take(2);
    size_t size;
    if (choice < 112) {
        size = number % 512;
    } else if (choice < 176) { /* around eight steps to the doubling, and their powers of two */
        size_t step = size_t{8 + number % 8} << number / 8 % 13;
        size = std::max<size_t>(step + number / 128 % 35, 18) - 18;
    } else if (choice < 232) {
        size = number >> number % 8;
    } else if (choice < 246) {
        size = (1 + number % 16) * kHeapPage / (1 + number / 16 % 2) + number / 32 % 64 - 32;
    } else if (choice < 254) {
        size = size_t{number} << number % 8; /* up to 8 MiB */
    } else {
        size = size_t{number} << (number % 4 + 8); /* up to 128 MiB */
    }
    /* Long ones take their time in the system, so a burst has few. */
    if ((source_.InBurst() && choice >= 246 && source_.Take(1) >= 16) ||
        LiveBytes() + size > kMaxLive)
        size %= 1024;
    return size;
}

size_t Player::TakeAlign(size_t least, size_t size)
{
    uint32_t number = source_.Take(1);
    unsigned bits = number < 240 ? number % 14 : 14 + number % 8; /* up to 2 MiB */
    return std::max(least, size < kMaxLive / 64 ? size_t{1} << bits : size_t{1} << bits % 14);
}

/* ---- allocate ------------------------------------------------------------------------------ */

void Player::Admitted(const char *call, Block &block, size_t asked, size_t align, Kind kind)
{
    uint32_t choice = source_.Take(1);
    block.asked = asked;
    block.align = align;
    block.kind = kind;
    block.dense = choice % 8 == 0 && asked <= (choice % 64 == 0 ? kMaxDense * 4 : kHeapPage);
    block.seed = (reinterpret_cast<uintptr_t>(this) + ++serial_) * 0xBF58476D1CE4E5B9;
    if (!block.p)
        Fault(call, block, "failed, errno %d", errno);
    if (std::strcmp(call, "calloc") == 0)
        CheckZero(call, block);
    Admit(call, block, choice >= 128 && choice < 192);
}

void Player::Allocate(unsigned how, Block &block)
{
    size_t size = TakeSize();
    if (how < 3) {
        block.p = static_cast<char *>(hak_malloc(size));
        Admitted("malloc", block, size, 0, Kind::kPlain);
        return;
    }
    if (how == 4) {
        block.p = static_cast<char *>(hak_realloc(nullptr, size));
        Admitted("realloc", block, size, 0, Kind::kPlain);
        return;
    }
    size_t count = 1 + source_.Take(1) % 9;
    block.p = static_cast<char *>(hak_calloc(count, size / count));
    Admitted("calloc", block, count * (size / count), 0, Kind::kPlain);
}

void Player::AllocateAligned(unsigned how, Block &block)
{
    size_t size = TakeSize(), os_page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void *p = nullptr;
    if (how == 0) {
        size_t align = TakeAlign(1, size);
        block.p = static_cast<char *>(hak_aligned_alloc(align, size));
        Admitted("aligned_alloc", block, size, align, Kind::kAligned);
    } else if (how == 1) {
        size_t align = TakeAlign(1, size);
        block.p = static_cast<char *>(hak_memalign(align, size));
        Admitted("memalign", block, size, align, Kind::kAligned);
    } else if (how == 2) {
        size_t align = TakeAlign(sizeof(void *), size);
        errno = kUntouched;
        int status = hak_posix_memalign(&p, align, size);
        ExpectErrno("posix_memalign", block, kUntouched);
        block.p = static_cast<char *>(p);
        if (status != 0)
            Fault("posix_memalign", block, "returned %d", status);
        Admitted("posix_memalign", block, size, align, Kind::kAligned);
    } else if (source_.Take(1) % 2 == 0) {
        block.p = static_cast<char *>(hak_valloc(size));
        Admitted("valloc", block, size, os_page, Kind::kAligned);
    } else {
        block.p = static_cast<char *>(hak_pvalloc(size));
        size = (std::max<size_t>(size, 1) + os_page - 1) / os_page * os_page;
        Admitted("pvalloc", block, size, os_page, Kind::kAligned);
    }
}

void Player::AllocateNew(unsigned how, Block &block)
{
    size_t size = TakeSize();
    if (how == 0) {
        block.p = static_cast<char *>(hak_new(size));
        Admitted("new", block, size, 0, Kind::kNew);
    } else if (how == 1) {
        block.p = static_cast<char *>(hak_new_nothrow(size, std::nothrow));
        Admitted("new(nothrow)", block, size, 0, Kind::kNew);
    } else if (how == 2) {
        block.p = static_cast<char *>(source_.Take(1) % 2 == 0
                                          ? hak_new_array(size)
                                          : hak_new_array_nothrow(size, std::nothrow));
        Admitted("new[]", block, size, 0, Kind::kNewArray);
    } else {
        size_t align = TakeAlign(1, size);
        block.p = static_cast<char *>(source_.Take(1) % 2 == 0
                                          ? hak_new_aligned(size, align)
                                          : hak_new_aligned_nothrow(size, align, std::nothrow));
        Admitted("new(align_val_t)", block, size, align, Kind::kNewAligned);
    }
}

/* ---- resize, free -------------------------------------------------------------------------- */

void Player::Resize(Block &block, bool array)
{
    const char *call = array ? "reallocarray" : "realloc";
    size_t count = array ? 1 + source_.Take(1) % 9 : 1, size = TakeSize() / count * count;
    if (block.kind != Kind::kPlain && block.kind != Kind::kAligned) {
        CheckContents(call, block);
        return;
    }
    Dismiss(call, block);
    Block before = block;
    block.p = static_cast<char *>(array ? hak_reallocarray(before.p, count, size / count)
                                        : hak_realloc(before.p, size));
    if (size == 0) {
        if (block.p)
            Fault(call, block, "with size 0 did not return NULL");
        return;
    }
    if (!block.p)
        Fault(call, before, "to %zu bytes failed, errno %d", size, errno);
    before.p = block.p;
    CheckContents(call, before, size);
    Admitted(call, block, size, 0, Kind::kPlain);
}

void Player::Free(Block &block)
{
    unsigned how = source_.Take(1) % 4;
    Dismiss("free", block);
    errno = kUntouched;
    if (block.kind == Kind::kPlain && how == 0)
        hak_free_sized(block.p, block.asked);
    else if (block.kind == Kind::kAligned && how == 0)
        hak_free_aligned_sized(block.p, block.align, block.asked);
    else if (block.kind == Kind::kPlain || block.kind == Kind::kAligned)
        hak_free(block.p);
    else if (block.kind == Kind::kNew && how < 2)
        hak_delete_sized(block.p, block.asked);
    else if (block.kind == Kind::kNew)
        hak_delete(block.p);
    else if (block.kind == Kind::kNewArray && how < 2)
        hak_delete_array_sized(block.p, block.asked);
    else if (block.kind == Kind::kNewArray)
        hak_delete_array(block.p);
    else if (how < 2)
        hak_delete_aligned_sized(block.p, block.asked, block.align);
    else
        hak_delete_aligned(block.p, block.align);
    ExpectErrno("free", block, kUntouched);
    block.p = nullptr;
    calls_++;
}

/* ---- what must fail ------------------------------------------------------------------------ */

/* Sizes that cannot be had; the block, if there is one, must stay as it is. */
void Player::Refused(Block &block)
{
    size_t size = Hopeless(source_.Take(3));
    size_t count = 2 + source_.Take(1), each = SIZE_MAX / count + 1 + source_.Take(1);
    size_t align = size_t{1} << source_.Take(1) % 24;
    char mark;
    void *out = &mark;
    int status;
    errno = 0;
    switch (source_.Take(1) % 9) {
    case 0:
        ExpectRefused("malloc", hak_malloc(size), size, 0, ENOMEM);
        break;
    case 1:
        ExpectRefused("calloc", hak_calloc(1, size), size, 0, ENOMEM);
        break;
    case 2:
        ExpectRefused("calloc", hak_calloc(count, each), each, 0, ENOMEM);
        break;
    case 3:
        ExpectRefused("memalign", hak_memalign(align, size), size, align, ENOMEM);
        break;
    case 4:
        status = hak_posix_memalign(&out, std::max(align, sizeof(void *)), size);
        if (status != ENOMEM || out != &mark || errno != 0)
            Fault("posix_memalign", Block(), "of %zu bytes: %d, errno %d, result %schanged", size,
                  status, errno, out == &mark ? "un" : "");
        break;
    case 5:
        ExpectRefused("pvalloc", hak_pvalloc(size), size, 0, ENOMEM);
        break;
    case 6:
        ExpectRefused("new(nothrow)", hak_new_nothrow(size, std::nothrow), size, 0, ENOMEM);
        break;
    default: {
        bool array = size % 2 == 0;
        const char *call = array ? "reallocarray" : "realloc";
        if (block.p && block.kind != Kind::kPlain && block.kind != Kind::kAligned)
            break;
        if (block.p)
            Dismiss(call, block);
        void *p = array ? hak_reallocarray(block.p, count, each) : hak_realloc(block.p, size);
        ExpectRefused(call, p, size, 0, ENOMEM);
        if (block.p)
            Restore(call, block);
    }
    }
}

void Player::RefusedAlign()
{
    size_t size = source_.Take(2), align = source_.Take(2);
    char mark;
    void *out = &mark;
    bool odd = (align & (align - 1)) != 0 || align == 0;
    if (!odd)
        align = align > 2 ? align + 1 : 0;
    errno = 0;
    if (size % 3 == 0) {
        ExpectRefused("aligned_alloc", hak_aligned_alloc(align, size), size, align, EINVAL);
    } else if (size % 3 == 1) {
        ExpectRefused("memalign", hak_memalign(align, size), size, align, EINVAL);
    } else {
        /* Powers of two below a pointer's size are none here. */
        align = size % 2 == 0 ? size_t{1} << align % 3 : align;
        int status = hak_posix_memalign(&out, align, size);
        if (status != EINVAL || out != &mark || errno != 0)
            Fault("posix_memalign", Block(), "with alignment %zu: %d, errno %d, result %schanged",
                  align, status, errno, out == &mark ? "un" : "");
    }
}

/* ---- whole heap ---------------------------------------------------------------------------- */

void Player::Stats()
{
    char text[65536];
    size_t room = source_.Take(1) % 4 == 0 ? source_.Take(1) : sizeof text - 1;
    text[room] = '#';
    size_t len = hak_stats_json(text, room);
    if (text[room] != '#')
        Fault("hak_stats_json", Block(), "wrote past %zu bytes", room);
    if (room > 0 && std::strlen(text) != std::min(len, room - 1))
        Fault("hak_stats_json", Block(), "length %zu, returned %zu, room %zu", std::strlen(text),
              len, room);
    if (room > len && (text[0] != '{' || std::strcmp(text + len - 2, "}\n") != 0))
        Fault("hak_stats_json", Block(), "is no object");
}

void Player::Rare()
{
    switch (source_.Take(1) % 16) {
    case 0:
        hak_trim();
        break;
    case 1:
        hak_malloc_trim(0);
        break;
    case 2:
        Stats();
        break;
    case 3: {
        struct mallinfo2 info = hak_mallinfo2();
        if (alone_ && info.uordblks + info.hblkhd < LiveBytes())
            Fault("mallinfo2", Block(), "%zu + %zu bytes in use, of %zu", info.uordblks,
                  info.hblkhd, LiveBytes());
        break;
    }
    case 4:
        try {
            ExpectRefused("new", hak_new(Hopeless(source_.Take(3))), 0, 0, ENOMEM);
        } catch (const std::bad_alloc &) {
        }
        break;
    default:
        errno = kUntouched;
        hak_free(nullptr);
        ExpectErrno("free", Block(), kUntouched);
        if (hak_malloc_usable_size(nullptr) != 0)
            Fault("malloc_usable_size", Block(), "of NULL is not 0");
    }
}

/* ---- the player ---------------------------------------------------------------------------- */

void Player::Step()
{
    uint32_t choice = source_.Take(1);
    Block *&slot = slots_[source_.Take(1)];
    calls_++;
    if (choice < 84) { /* change places with another thread, or keep what is here */
        if (slot->p && choice >= 72)
            slot = mailbox_.Exchange(source_.Take(1) % Mailbox::kPlaces, slot);
        if (slot->p)
            Free(*slot);
        else
            Allocate(choice % 6, *slot);
    } else if (choice < 208) {
        if (slot->p && choice < 144)
            Resize(*slot, choice % 4 == 0);
        else if (slot->p)
            Free(*slot);
        else if (choice % 8 < 5)
            Allocate(choice % 5, *slot);
        else if (choice % 8 == 5)
            AllocateAligned(choice / 8 % 4, *slot);
        else
            AllocateNew(choice / 8 % 4, *slot);
    } else if (choice < 232) {
        slot = mailbox_.Exchange(source_.Take(1) % Mailbox::kPlaces, slot);
        if (slot->p)
            CheckContents("another thread's block", *slot);
        else
            Allocate(choice % 6, *slot);
    } else if (choice < 240) {
        if (slot->p)
            CheckContents("check", *slot);
        if (slot->p && hak_malloc_usable_size(slot->p) < slot->size)
            Fault("malloc_usable_size", *slot, "is %zu now", hak_malloc_usable_size(slot->p));
    } else if (choice < 246) {
        Refused(*slot);
    } else if (choice < 250) {
        RefusedAlign();
    } else if (choice < 252) {
        Rare();
    } else if (!source_.InBurst()) {
        uint32_t n = source_.Take(1), seed = source_.Take(4);
        source_.Burst(choice == 255 ? n * 16 : n, seed);
    }
}

uint64_t Player::Play()
{
    while (source_.Next())
        Step();
    for (Block *slot : slots_) {
        if (slot->p)
            Free(*slot);
    }
    return calls_;
}

uint64_t Player::Clear()
{
    Block none;
    for (size_t place = 0; place < Mailbox::kPlaces; place++) {
        Block *left = mailbox_.Exchange(place, &none);
        if (left->p)
            Free(*left);
        mailbox_.Exchange(place, left);
    }
    return calls_;
}

} // namespace fuzz
