import Foundation

/// Where a model lies: a model folder or a GGUF file; the folder of an adapter; or `BASE+ADAPTER`, the base model and the
/// adapter's folder.
public struct ModelPath: Sendable, Equatable {
    /// The base model that was named beside an adapter.
    public var base: String?
    /// The model, or the adapter's folder.
    public var folder: String

    /// Takes a text apart at a plus sign before an adapter's folder. A path that is there as it stands is left whole.
    ///
    /// - Parameter resolve: makes a path of each side.
    public init(_ text: String, resolve: (String) -> String = { $0 }) {
        folder = resolve(text)
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        for plus in text.indices where text[plus] == "+" {
            let (left, right) = (resolve(String(text[..<plus])), resolve(String(text[text.index(after: plus)...])))
            if Adapter.isThere(right) {
                (base, folder) = (left, right)
                return
            }
        }
    }

    /// Whether an adapter's folder is named.
    package var isAdapter: Bool { Adapter.isThere(folder) }

    /// The path as it is typed.
    public var text: String { (base.map { $0 + "+" } ?? "") + folder }
}
