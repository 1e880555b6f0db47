import Foundation

/// The built-in study's files: grammar, text, forget set, pairs, lexicons, model.
public enum BuiltInStudy {
    /// The folder that holds them.
    public static var folder: String { Bundle.module.bundlePath + "/files" }

    /// The path of one file or folder inside it.
    public static func path(_ name: String) -> String { folder + "/" + name }
}
