import FileSupport

/// How sentences are forgotten.
public enum ForgetMethod: String, CaseIterable, Codable, Sendable {
    /// Gradient ascent on the harmful tokens alone; see ``TokenAscent``.
    case tokenAscent = "token-ascent"

    /// Methods from the literature whose place is kept and which are not there yet.
    public static let planned = [
        "grad-ascent", "grad-diff", "npo", "sim-npo", "dpo", "rmu", "wga", "undial", "task-vector", "pcgu",
    ]

    /// The method of a name.
    ///
    /// - Throws: `InputError` that tells a planned method from an unknown one.
    public init(parsing name: String, at place: String = "objective.method") throws {
        if let method = ForgetMethod(rawValue: name) {
            self = method
            return
        }
        let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
        if Self.planned.contains(name) {
            throw InputError("the method \(name) is not there yet", at: place, remedy: "use \(known)")
        }
        let nearest = NearestName.of(name, among: Self.allCases.map(\.rawValue) + Self.planned)
        throw InputError(
            "unknown method \"\(name)\"" + (nearest.map { ", did you mean \($0)?" } ?? ""), at: place,
            remedy: "use \(known)")
    }

    /// The objective that carries the method out.
    var objective: any ForgetObjective {
        switch self {
        case .tokenAscent: TokenAscent()
        }
    }
}

/// What keeps the model whole while it forgets.
public enum RetainLoss: String, CaseIterable, Codable, Sendable {
    /// Nothing.
    case none
    /// Mean −log p of the retain text's tokens.
    case nll
    /// Mean KL(θ0 ‖ θ) over the retain text's positions, each over the whole vocabulary.
    case kl
}
