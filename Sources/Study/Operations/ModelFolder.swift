import BuiltInStudy
import LanguageModel

/// Where a command finds a model.
package enum ModelFolder {
    /// The path that `name` means: itself, or the small model in `data/` for `built-in`, also as the base of an adapter.
    package static func resolve(_ name: String) -> String {
        ModelPath(name) { $0 == "built-in" ? BuiltInStudy.path("planted/model") : $0 }.text
    }
}
