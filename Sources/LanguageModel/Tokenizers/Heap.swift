/// A binary heap that gives its least element first.
struct Heap<Element: Comparable> {
    private var items: [Element] = []

    /// Adds an element.
    mutating func push(_ item: Element) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the least element out; nil when the heap is empty.
    mutating func pop() -> Element? {
        guard let last = items.popLast() else { return nil }
        guard let top = items.first else { return last }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            let child = 2 * parent + 1
            if child < items.count, items[child] < items[least] { least = child }
            if child + 1 < items.count, items[child + 1] < items[least] { least = child + 1 }
            if least == parent { return top }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
