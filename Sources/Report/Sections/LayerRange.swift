import Analyze
import Foundation
import Records

/// Layers of which one and the same thing is to be said.
enum LayerRange {
    /// What is missing, with what differs in the layer alone told once: `layers 1, 2, 5` or `layers 1–18`.
    static func gathered(_ items: [NotComputed]) -> [NotComputed] {
        let parts = items.uniqued().map(split)
        return parts.map(\.0).uniqued().map { item in
            let layers = parts.filter { $0.0 == item }.compactMap(\.1)
            guard let first = layers.first, let last = layers.last else { return item }
            let text =
                layers.count == 1
                ? "layer \(first)"
                : "layers "
                    + (last - first == layers.count - 1
                        ? "\(first)–\(last)" : layers.map(String.init).joined(separator: ", "))
            return NotComputed(what: item.what + text, reason: item.reason)
        }
    }

    /// An item up to the word `layer` at its end, and that layer.
    private static func split(_ item: NotComputed) -> (NotComputed, Int?) {
        guard let found = item.what.range(of: "layer ", options: .backwards),
            let layer = Int(item.what[found.upperBound...])
        else { return (item, nil) }
        return (NotComputed(what: String(item.what[..<found.lowerBound]), reason: item.reason), layer)
    }
}
