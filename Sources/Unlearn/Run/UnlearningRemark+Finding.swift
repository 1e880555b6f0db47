import Records

extension UnlearningRemark {
    /// What is to be said of a run.
    ///
    /// - Parameters:
    ///   - trajectory: all its points, step 0 first.
    ///   - isMasked: whether the model fills in masked tokens.
    ///   - isUnchanged: whether the model that is kept has the bits of the model before.
    /// - Returns: at most one remark of a kind, the gravest first.
    static func all(
        trajectory: [TrajectoryStep], baseline: GuardReading?, keptStep: Int, isUnchanged: Bool, isMasked: Bool
    ) -> [UnlearningRemark] {
        var remarks: [UnlearningRemark] = []
        if let collapse = collapse(trajectory, baseline, isMasked) { remarks.append(collapse) }
        if isUnchanged { remarks.append(.noParameterChanged(keptStep: keptStep)) }
        if let still = stillness(trajectory.compactMap(\.forgetLoss)) { remarks.append(still) }
        return remarks
    }

    /// The first reading of the guard that is not finite or above ``collapseFactor`` times the one before.
    private static func collapse(
        _ trajectory: [TrajectoryStep], _ baseline: GuardReading?, _ isMasked: Bool
    ) -> UnlearningRemark? {
        guard let before = baseline?.perplexity else { return nil }
        for point in trajectory {
            // Written so that NaN is a collapse.
            if let value = point.guardPerplexity, !(value.isFinite && value <= collapseFactor * before) {
                return .collapsed(
                    step: point.step, perplexity: value, before: before, isPseudo: isMasked ? true : nil)
            }
        }
        return nil
    }

    /// Whether the mean loss of the last quarter of the steps is that of the quarter before, to ``stillShare`` of the mean
    /// size of the loss in the first quarter: quarters, since every step has another batch; the first, since a loss that
    /// has come down to nothing no longer moves either.
    private static func stillness(_ losses: [Double]) -> UnlearningRemark? {
        let quarter = losses.count / 4
        guard quarter >= 2 else { return nil }
        func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
        let last = mean(losses.suffix(quarter))
        let earlier = mean(losses.dropLast(quarter).suffix(quarter))
        let size = mean(losses.prefix(quarter).map(abs))
        guard abs(last - earlier) <= stillShare * size else { return nil }
        return .forgetLossIsStill(steps: quarter, earlier: earlier, last: last)
    }
}
