"""perl: hashes, strings, regular expressions, sorting, deep structures."""

import pytest

from tests.programs.common import need, output

SCRIPT = r"""
use strict; use warnings;
my ($x, %count, @words) = (12345);
sub rnd { $x = ($x * 1103515245 + 12345) % 2147483648; return $x % $_[0] }
for (1 .. 200_000) { my $w = join '', map { chr(97 + rnd(26)) } 1 .. 1 + rnd(12); $count{$w}++; push @words, $w }
my $text = join ' ', @words;
my $vowels = () = $text =~ /[aeiou]{3}/g;
(my $other = $text) =~ s/(\w)(\w+)/$2$1/g;
my @sorted = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
my $tree = {}; for my $w (@words[0 .. 60000]) { my $n = $tree; $n = $n->{$_} //= {} for split //, $w; $n->{''}++ }
sub depth { my $n = shift; my $d = 0; for (values %$n) { next unless ref; my $e = 1 + depth($_); $d = $e if $e > $d } $d }
print "$vowels ", length($other), " @sorted[0 .. 30] ", depth($tree), " ", unpack('%32C*', $other), "\n";
"""


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return output([need("perl", "perl"), "-"], None, tmp_path_factory.mktemp("expected"), SCRIPT,
                  PERL_HASH_SEED="0")


def test_answers(library, expected, tmp_path):
    assert expected.count(" ") > 30
    assert output([need("perl", "perl"), "-"], library, tmp_path, SCRIPT,
                  PERL_HASH_SEED="0") == expected
