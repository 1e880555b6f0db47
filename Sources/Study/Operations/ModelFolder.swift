import BuiltInStudy

/// Where a command finds a model.
package enum ModelFolder {
    /// The folder that `name` means: itself, or the small model in `data/` for `built-in`.
    package static func resolve(_ name: String) -> String {
        name == "built-in" ? BuiltInStudy.path("planted/model") : name
    }
}
