"""Which files of profiles get an allocator.  tests/gen/test_names.py runs this file as Python, to
compare it with gen/profiles.py."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"

def sorted_out(paths):
    """Splits the profiles' paths by their names.

    Args:
      paths: of YAML files.

    Returns:
      Profile name -> path, the default first; and for each other file a line that says why it is
      none of them.
    """
    names = {}
    refused = []
    for path in sorted(paths):
        stem = path.split("/")[-1][:-len(".yaml")]
        if not stem or [i for i in range(len(stem)) if stem[i] not in _LETTERS]:
            refused.append("%s: a profile's name is made of a-z, 0-9, - and _" % path)
        else:
            names[stem] = path
    order = ["default"] + [name for name in names if name != "default"]
    for name in names:
        # hakmem-low-rss_unit_test is a target of low-rss.
        others = [other for other in names if name.startswith(other + "_")]
        if others:
            order.remove(name)
            refused.append("%s: its targets would be called as those of %s are: take - for the _ behind it" %
                           (names[name], others[0]))
    if "default" not in names:
        fail("profiles/default.yaml is missing: it is the base of every other profile")
    return {name: names[name] for name in order}, refused
