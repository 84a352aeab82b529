// classes.cc: templates enough to keep a compiler busy; compiled, never run.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

template <int N> struct Chain {
    std::map<std::string, std::vector<int>> values;
    std::unique_ptr<Chain<N - 1>> next = std::make_unique<Chain<N - 1>>();
    std::string name() const
    {
        return std::to_string(N) + next->name();
    }
};
template <> struct Chain<0> {
    std::string name() const
    {
        return "";
    }
};

std::string words(const std::string &text)
{
    std::regex pattern("([a-z]+)=([0-9]+)");
    std::unordered_map<std::string, int> sums;
    for (std::sregex_iterator i(text.begin(), text.end(), pattern), end; i != end; ++i)
        sums[(*i)[1]] += std::stoi((*i)[2]);
    std::ostringstream out;
    std::vector<std::pair<std::string, int>> sorted(sums.begin(), sums.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto &[key, value] : sorted)
        out << key << value;
    return out.str() + Chain<60>().name();
}
