/// What keeps the model whole while it forgets.
public enum RetainLoss: String, CaseIterable, Codable, Sendable {
    /// Nothing.
    case none
    /// Mean −log p of the retain text's tokens.
    case nll
    /// Mean KL(θ0 ‖ θ) over the retain text's positions, each over the whole vocabulary.
    case kl
}
