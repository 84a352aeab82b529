// program.cc: as program.c; its blocks come from new, of its own and of the C++ library.
#include <hakmem.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

int main()
{
    std::string text(1000, 'x');
    std::vector<int> *numbers = new std::vector<int>(1000);
    std::size_t usable = hak_malloc_usable_size(numbers) + hak_malloc_usable_size(&text[0]);
    std::thread([&] { delete numbers; }).join();
    std::puts(hak_profile());
    return usable < 1000 + sizeof *numbers;
}
