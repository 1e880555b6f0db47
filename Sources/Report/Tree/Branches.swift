import Analyze
import FileSupport

extension ReportTree {
    /// Paths of rows that several names tell apart: their slugs joined by points, all different.
    ///
    /// Every row has the same number of names, so no row stands inside another.
    package static func paths(_ names: [[String]]) -> [String] {
        var taken: Set<String> = []
        return names.map { parts in
            let base = parts.map { Slug.of($0) }.joined(separator: ".")
            var path = base
            var number = 2
            while !taken.insert(path).inserted {
                path = base + "_" + String(number)
                number += 1
            }
            return path
        }
    }

    /// Rows below their names; null when there are none, so that a gate on them is skipped and not mistaken.
    static func branches<Row>(_ rows: [Row], by names: (Row) -> [String], _ make: (Row) -> JSON) -> JSON {
        guard !rows.isEmpty else { return .null }
        var out: JSON = .object([])
        for (row, path) in zip(rows, paths(rows.map(names))) {
            out = out.setting(path: path.split(separator: ".")[...], to: make(row))
        }
        return out
    }

    /// A number held against a control.
    static func controlled(_ value: ControlledValue) -> JSON {
        [
            "value": .of(value.value), "lower": .of(value.interval?.lower), "upper": .of(value.interval?.upper),
            "controls": .integer(value.controls), "control_median": .of(value.controlMedian),
            "control_lower": .of(value.controlLower), "control_upper": .of(value.controlUpper), "p": .of(value.p),
            "reason": .of(value.reason),
        ]
    }
}

extension JSON {
    /// The same object with the value at a path of keys set; objects on the way are made.
    fileprivate func setting(path: ArraySlice<Substring>, to value: JSON) -> JSON {
        guard let first = path.first else { return value }
        let key = String(first)
        return setting(key, to: (self[key] ?? .object([])).setting(path: path.dropFirst(), to: value))
    }
}
