// Places for the free sets of slabs with many blocks.
#include <set>
#include <vector>

#include "tests/support.h"

namespace {

constexpr size_t kOsPage = 4096;

struct Place {
    uint64_t *bits;
    unsigned nblocks;
    size_t tag;

    size_t Bytes() const
    {
        return (nblocks + 63) / 64 * sizeof *bits;
    }
};

class BitsTest : public hak::HeapTest {
  protected:
    Place Take(unsigned nblocks)
    {
        Place place{hak_bits_take(nblocks), nblocks, next_tag_++};
        if (place.bits)
            hak::FillPattern(place.bits, place.Bytes(), place.tag);
        return place;
    }

    static void Give(const Place &place)
    {
        EXPECT_EQ(hak::PatternEnd(place.bits, place.Bytes(), place.tag), place.Bytes())
            << place.nblocks << " bits";
        hak_bits_give(place.bits, place.nblocks);
    }

    unsigned SomeBlocks()
    {
        return hak::profile.inline_bits + 1 +
               static_cast<unsigned>(random_.Below(4096 - hak::profile.inline_bits));
    }

    hak::Random random_{7};

  private:
    size_t next_tag_ = 1;
};

TEST_F(BitsTest, PlacesDoNotOverlapWhateverTheirSizes)
{
    std::vector<Place> places;
    for (int i = 0; i < 20000; i++) {
        if (places.size() > 2000 || (!places.empty() && random_.Below(3) == 0)) {
            std::swap(places[random_.Below(places.size())], places.back());
            Give(places.back());
            places.pop_back();
        } else {
            places.push_back(Take(SomeBlocks()));
            ASSERT_NE(places.back().bits, nullptr);
            ASSERT_TRUE(hak::IsAligned(places.back().bits, sizeof(uint64_t)));
        }
    }
    for (const Place &place : places)
        Give(place);
}

// 513 bits need more than 64 bytes: the table may spend 128 on them, and a page that is not full.
TEST_F(BitsTest, PlacesAreDense)
{
    constexpr size_t kPlaces = 4096;
    std::set<uintptr_t> pages;
    std::vector<Place> places;
    for (size_t i = 0; i < 3 * kPlaces; i++) // whatever other tests gave back is among these
        places.push_back(Take(hak::profile.inline_bits + 1));
    for (size_t i = 2 * kPlaces; i < places.size(); i++)
        pages.insert(reinterpret_cast<uintptr_t>(places[i].bits) / kOsPage);
    EXPECT_LE(pages.size(), kPlaces * 128 / kOsPage + 1);
    for (const Place &place : places)
        Give(place);
}

TEST_F(BitsTest, PlacesComeAgain)
{
    std::vector<Place> places;
    std::set<uint64_t *> known;
    for (int i = 0; i < 1000; i++) {
        places.push_back(Take(4096));
        known.insert(places.back().bits);
    }
    for (const Place &place : places)
        Give(place);
    for (Place &place : places) {
        place = Take(4096);
        EXPECT_EQ(known.count(place.bits), 1u);
    }
    for (const Place &place : places)
        Give(place);
}

TEST_F(BitsTest, RefusedMemoryIsNullAndWorksLater)
{
    std::vector<Place> places;
    os_fake_fail(OS_CLAIM, 1, true);
    Place place = Take(4096);
    for (int i = 0; i < 100000 && place.bits; i++) {
        places.push_back(place);
        place = Take(4096);
    }
    EXPECT_EQ(place.bits, nullptr);
    os_fake_reset();
    place = Take(4096);
    ASSERT_NE(place.bits, nullptr);
    places.push_back(place);
    for (const Place &one : places)
        Give(one);
}

} // namespace
