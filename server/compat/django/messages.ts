/** Errors of a field by its name, in the platform's words. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** A request that the platform answers with status 400. */
export class ValidationError extends Error {
  readonly errors: FieldErrors;

  constructor(errors: FieldErrors) {
    super("the request is not valid");
    this.errors = errors;
  }
}

export const REQUIRED = "Обязательное поле.";
export const BLANK = "Это поле не может быть пустым.";
export const NOT_TEXT = "Не является допустимой строкой.";
export const TOO_LONG = "Убедитесь, что это значение содержит не более 200 символов.";
export const NOT_UNIQUE = "Это поле должно быть уникально.";
export const RATIO_SUM = "Сумма значений group_ratio должна быть 100%.";
export const NOT_A_NUMBER = "Требуется численное значение.";
export const NOT_A_LIST = 'Ожидался list со значениями, но был получен "str".';
export const NOT_A_TIME =
  "Неправильный формат datetime. Используйте один из этих форматов: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
export const NOT_FOUND = "Страница не найдена.";
export const notAChoice = (value: unknown) => `Значения ${value} нет среди допустимых вариантов.`;
export const noSuchKey = (value: unknown) => `Недопустимый первичный ключ "${value}" - объект не существует.`;
