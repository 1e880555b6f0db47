import LanguageModel

extension PairScorer {
    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad {
        model.load(of: predictions.map(\.row), in: sequences)
    }
}
