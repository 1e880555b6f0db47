import Foundation

/// The learning rate at each step: linear warm-up, then constant, or linear or cosine decay.
public struct LearningRateSchedule: Codable, Sendable, Equatable {
    /// How the rate goes after the warm-up.
    public enum Shape: String, Codable, Sendable, CaseIterable {
        /// Stays at the peak.
        case constant
        /// Falls in a straight line to the final rate at the last step.
        case linear
        /// Falls along half a cosine to the final rate at the last step.
        case cosine
    }

    /// The shape after the warm-up.
    public var shape: Shape
    /// The rate at the end of the warm-up.
    public var peak: Double
    /// Steps of warm-up; the first has rate `peak / (warmupSteps + 1)`.
    public var warmupSteps: Int
    /// Steps in all; the rate stays at its final value after them.
    public var totalSteps: Int
    /// The final rate as a share of the peak, for linear and cosine.
    public var finalFraction: Double

    /// Makes a schedule.
    public init(
        shape: Shape = .constant, peak: Double, warmupSteps: Int = 0, totalSteps: Int, finalFraction: Double = 0
    ) {
        self.shape = shape
        self.peak = peak
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.finalFraction = finalFraction
    }

    /// The learning rate of a step, counted from 0.
    public func rate(step: Int) -> Double {
        if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps + 1) }
        let decaySteps = max(1, totalSteps - warmupSteps)
        let progress = min(1, Double(step - warmupSteps) / Double(decaySteps))
        switch shape {
        case .constant: return peak
        case .linear: return peak * (1 - (1 - finalFraction) * progress)
        case .cosine: return peak * (finalFraction + (1 - finalFraction) * 0.5 * (1 + cos(.pi * progress)))
        }
    }
}
