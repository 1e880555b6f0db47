// How single numbers are read, once for the rules and for what a report says of them.

extension NullComparison {
    /// Whether a p of this many draws says that a change goes beyond them; nil where so few draws allow no p below α and
    /// none of them went as far: few draws can show that a change is no more than damage, never that it is.
    public static func exceeds(p: Double, floor: Double, alpha: Double) -> Bool? {
        floor >= alpha && p <= floor ? nil : p < alpha
    }
}

extension ControlledValue {
    /// Whether the value is above 0 and beyond its controls; nil without a p or an interval, and where no draw went as far
    /// but so few draws allow no p below α.
    public func exceedsControls(alpha: Double) -> Bool? {
        guard let p, let interval else { return nil }
        guard interval.lower > 0 else { return false }
        return NullComparison.exceeds(p: p, floor: 1 / Double(controls + 1), alpha: alpha)
    }
}

extension ContributionSummary {
    /// Whether most of what forgetting did comes from words that are used against the domain too, more than their share
    /// of the forgotten tokens and than as many random words; nil where it cannot be told.
    ///
    /// Where every word is shared, all of the change comes from shared words, which is what sharing them means.
    public func comesFromSharedWords(alpha: Double) -> Bool? {
        guard let share = sharedWordShare, let base = sharedWordBase else { return nil }
        guard share >= ExplanationRules.half, share > base || base > 0.99 else { return false }
        if base > 0.99 { return true }
        guard let p = sharedWordP, let floor = sharedWordPFloor else { return nil }
        return NullComparison.exceeds(p: p, floor: floor, alpha: alpha)
    }
}
