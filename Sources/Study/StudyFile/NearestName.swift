/// The known name closest to a misspelt one, by edit distance.
///
/// Nil when nothing is closer than half the length: then a list is more use than a guess.
public func nearestName(to name: String, in known: [String]) -> String? {
    let best = known.map { ($0, editDistance(Array(name.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
    guard let (candidate, distance) = best, distance <= max(2, name.utf8.count / 2) else { return nil }
    return candidate
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var previous = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var row = [i + 1]
        for (j, y) in b.enumerated() {
            row.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, row[j] + 1))
        }
        previous = row
    }
    return previous[b.count]
}
