extension [Double] {
    /// The first index of a sorted array at which `predicate` holds, by bisection; the count when it never holds.
    func firstIndexSorted(_ predicate: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
