"""Who uses whom, as a graph: circles, and steps that lead up."""

from collections.abc import Iterable, Mapping

Graph = Mapping[str, Iterable[str]]  # name -> the names that it uses


def circle(graph: Graph) -> list[str]:
    """The names of one circle in their order, the first one again at the end; [] if there is none.
    That a name uses itself is no circle."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name):] + [name]
        if name in done:
            return []
        for used in sorted(graph.get(name, ())):
            found = walk(used, path + [name]) if used != name else []
            if found:
                return found
        done.add(name)
        return []

    return next(filter(None, (walk(name, []) for name in sorted(graph))), [])


def upward(graph: Graph, floor: Mapping[str, int]) -> list[tuple[str, str]]:
    """Pairs (user, used) where the used one is on a higher floor; both have to be in `floor`."""
    return [(name, used) for name in sorted(graph) for used in sorted(graph[name])
            if floor[used] > floor[name]]
