/// An optimiser and its constants, named as in `torch.optim`.
public struct OptimizerConfiguration: Codable, Sendable, Equatable {
    /// The update rules.
    public enum Name: String, Codable, Sendable, CaseIterable {
        /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
        case adamw
        /// Gradient descent, with momentum when it is not zero.
        case sgd
    }

    /// The update rule.
    public var name: Name
    /// Step size that a schedule scales.
    public var learningRate: Double
    /// Decay of AdamW's first moment.
    public var beta1: Double
    /// Decay of AdamW's second moment.
    public var beta2: Double
    /// AdamW's floor of the denominator.
    public var epsilon: Double
    /// AdamW: decoupled, applied to every trained tensor; SGD: added to the gradient.
    public var weightDecay: Double
    /// SGD's momentum.
    public var momentum: Double

    /// Makes a configuration; the defaults are AdamW's of PyTorch, without weight decay.
    public init(
        name: Name = .adamw, learningRate: Double = 1e-4, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0, momentum: Double = 0
    ) {
        self.name = name
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.momentum = momentum
    }
}
