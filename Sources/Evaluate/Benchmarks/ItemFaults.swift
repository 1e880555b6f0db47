import FileSupport

/// Faults of single items that are known of, read from a file: CSV with the columns `benchmark` (its key), `item`, `fault`, a short
/// name, and any further ones for people.
///
/// An item is named by ``BenchmarkItem/id``, so that the file holds for every copy and part of a data set whose item has these
/// sentences; `#2` after it is the second item of a benchmark with this id.
public struct ItemFaults: Sendable, Equatable {
    /// The word that stands for every fault of a file.
    public static let all = "all"

    /// The file.
    public let path: String
    /// The names of its faults, in the order of the file.
    public let names: [String]
    /// Names by item, by key of the benchmark.
    private let faults: [String: [String: [String]]]

    /// Reads a file.
    ///
    /// - Throws: `InputError` for a missing file or column, an empty cell, a fault named `all`, and a line that stands twice.
    public static func read(_ path: String) throws -> ItemFaults {
        let table = try CSVTable.read(path)
        let columns = try ["benchmark", "item", "fault"].map { try table.column($0) }
        var (names, faults): ([String], [String: [String: [String]]]) = ([], [:])
        for record in table.records {
            let place = "\(path) line \(record.line)"
            let cells = columns.map { record.fields[$0] }
            for (column, cell) in zip(columns, cells) {
                if let fault = NameCheck.fault(cell) {
                    throw InputError(
                        "\(table.header[column]) is \(fault)", at: place,
                        remedy: "write a short name of plain characters")
                }
            }
            guard cells[2] != all else {
                throw InputError(
                    "a fault named '\(all)'", at: place, remedy: "give it another name: that is every fault")
            }
            guard faults[cells[0]]?[cells[1]]?.contains(cells[2]) != true else {
                throw InputError("the same fault of the same item twice", at: place, remedy: "remove the line")
            }
            faults[cells[0], default: [:]][cells[1], default: []].append(cells[2])
            names.append(cells[2])
        }
        return ItemFaults(path: path, names: names.uniqued(), faults: faults)
    }

    /// The faults of a list of names, ``all`` being all of them.
    ///
    /// - Throws: `InputError` for a name that the file does not have.
    public func chosen(_ wanted: [String], at place: String) throws -> Set<String> {
        for name in wanted where name != Self.all && !names.contains(name) {
            let known = names + [Self.all]
            let nearest = NearestName.of(name, among: known).map { "did you mean '\($0)'? " } ?? ""
            throw InputError(
                "unknown fault '\(name)'", at: place,
                remedy: nearest + "\(path) has: " + known.joined(separator: ", "))
        }
        return Set(wanted.contains(Self.all) ? names : wanted)
    }

    /// The faults of a benchmark's items, by row; of a benchmark as it was read, since the second of two equal items is known
    /// by the first.
    public func faults(of benchmark: any BiasBenchmark) -> [Int: [String]] {
        guard let known = faults[type(of: benchmark).key] else { return [:] }
        var (found, counts): ([Int: [String]], [String: Int]) = ([:], [:])
        let items: [any BenchmarkItem] = benchmark.items
        for item in items {
            let id = item.id
            let count = counts[id, default: 0] + 1
            counts[id] = count
            found[item.row] = known[count == 1 ? id : "\(id)#\(count)"]
        }
        return found
    }
}

extension ItemFaults {
    /// Leaves the items with faults of some names out of benchmarks.
    ///
    /// - Returns: the benchmarks, and all known faults of their items by name of the benchmark and by row.
    /// - Throws: `InputError` for a name that the file does not have, and a benchmark of which no item is left.
    public func leavingOut(_ wanted: [String], of benchmarks: [any BiasBenchmark], at place: String) throws -> (
        benchmarks: [any BiasBenchmark], faults: [String: [Int: [String]]]
    ) {
        let names = try chosen(wanted, at: place)
        var found: [String: [Int: [String]]] = [:]
        let left = try benchmarks.map { benchmark -> any BiasBenchmark in
            let own = faults(of: benchmark)
            found[benchmark.name] = own
            return try names.isEmpty ? benchmark : benchmark.leavingOut(names, of: own)
        }
        return (left, found)
    }
}

extension BiasBenchmark {
    /// Without the items that have one of some faults: they are among ``skipped``, with the names as the reason.
    ///
    /// - Parameter faults: by row, as ``ItemFaults/faults(of:)`` gives them.
    /// - Throws: `InputError` when no item is left.
    public func leavingOut(_ names: Set<String>, of faults: [Int: [String]]) throws -> Self {
        var out = self
        out.items = []
        for item in items {
            let own = (faults[item.row] ?? []).filter(names.contains)
            if own.isEmpty {
                out.items.append(item)
            } else {
                let reason = "known fault " + own.joined(separator: ", ")
                out.skipped.append(SkippedRow(row: item.row, domain: item.domain, reason: reason))
            }
        }
        guard !out.items.isEmpty else {
            throw InputError(
                "every item has a fault that is left out", at: name,
                remedy: "leave fewer faults out, or score other items")
        }
        return out
    }
}

extension ScoreTable {
    /// How many of the scored items have each fault.
    ///
    /// - Parameter faults: by row, as ``ItemFaults/faults(of:)`` gives them.
    public func counts(of faults: [Int: [String]]) -> [String: Int] {
        (scores as [any BenchmarkScore]).reduce(into: [:]) { counts, score in
            for name in faults[score.row] ?? [] { counts[name, default: 0] += 1 }
        }
    }
}
