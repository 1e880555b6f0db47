import FileSupport

/// Which tensors an update may change: everything, modules, or blocks.
///
/// Parts of both kinds narrow each other: `["mlp", "layers 0-5"]` is the feed-forward networks of blocks 0 to 5.
public struct ParameterSelection: Sendable, Equatable {
    private var modules: Set<ParameterModule>
    private var layers: Set<Int>?

    /// Every tensor.
    public static let all = ParameterSelection(modules: Set(ParameterModule.allCases))

    /// The tensors of some modules, in some blocks (nil: everywhere).
    public init(modules: Set<ParameterModule>, layers: Set<Int>? = nil) {
        self.modules = modules
        self.layers = layers
    }

    /// Reads words: `all`, a module's name, `layers 0-5`, `layers 3`.
    ///
    /// - Parameter place: what the message names, for example the study key.
    /// - Throws: ``InputError`` for a word that is none of these, and for an empty list.
    public init(parsing words: [String], at place: String = "trainable") throws {
        var modules: Set<ParameterModule> = []
        var layers: Set<Int> = []
        for word in words {
            if word == "all" {
                modules.formUnion(ParameterModule.allCases)
            } else if let module = ParameterModule(rawValue: word) {
                modules.insert(module)
            } else if let range = Self.layerRange(word) {
                layers.formUnion(range)
            } else {
                throw InputError(
                    "unknown part \"\(word)\"", at: place,
                    remedy: "use all, layers A-B, or "
                        + ParameterModule.allCases.map(\.rawValue).joined(separator: ", "))
            }
        }
        guard !words.isEmpty else {
            throw InputError("no part of the model is selected", at: place, remedy: "write all to change every tensor")
        }
        self.modules = modules.isEmpty ? Set(ParameterModule.allCases) : modules
        self.layers = layers.isEmpty ? nil : layers
    }

    /// Whether a tensor is selected.
    public func contains(_ parameter: ParameterInfo) -> Bool {
        guard modules.contains(parameter.module) else { return false }
        guard let layers else { return true }
        return parameter.layer.map(layers.contains) ?? false
    }

    /// `layers A-B` or `layers A`, ends included.
    private static func layerRange(_ word: String) -> ClosedRange<Int>? {
        let parts = word.split(separator: " ")
        guard parts.count == 2, parts[0] == "layers" || parts[0] == "layer" else { return nil }
        let ends = parts[1].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends.first, let low = first, let last = ends.last, let high = last, ends.count <= 2,
            0 <= low, low <= high, high < 10_000
        else { return nil }
        return low...high
    }
}
