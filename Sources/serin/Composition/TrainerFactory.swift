import Control
import Manifests
import Trainers

/// Makes whoever asks for models to be trained again, when the operator named somebody.
enum TrainerFactory {
  static func retraining(
    _ configuration: ControllerConfiguration
  ) throws -> Fleet.Ports.Retraining? {
    guard let settings = configuration.retraining else { return nil }
    do throws(TrainerError) {
      let trainer = try WebTrainer(settings, controller: configuration.name)
      return Fleet.Ports.Retraining(trainer: trainer, coolDown: settings.coolDown)
    } catch {
      throw Failure(.user, "spec.retraining.headers: \(error)")
    }
  }
}
